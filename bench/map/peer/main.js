// The peer's page: MapLibre GL with zarr-layer over the same store, in the view that the address names.
// It offers what the driver needs of `window.floe`, as `window.peer`.

import { Map, setWorkerUrl } from 'maplibre-gl';
import { ZarrLayer } from '@carbonplan/zarr-layer';

import { IcechunkStore } from './icechunk.js';

const address = new URLSearchParams(location.search);
const number = (key) => Number(address.get(key));
/** Stops of turbo: strong colours, which no background has. */
const turbo = ['#30123b', '#4662d7', '#36aaf9', '#1ae4b6', '#72fe5e', '#c8ef34', '#faba39', '#f66b19', '#cb2a04', '#7a0403'];

setWorkerUrl(new URL('maplibre-gl-worker.js', location.href).href);

let layer;
let store;
let state = { loading: true };
const api = {
  error: null,
  setView: ({ lon, lat, zoom }) => map.jumpTo({ center: [lon, lat], zoom }),
  select: ({ year }) => layer.setSelector({ year }),
  /** Nothing is asked for or about to be, as far as the layer can tell. */
  async idle() {
    const rest = (ms) => new Promise((rested) => setTimeout(rested, ms));
    // The layer says that it is loading 80 ms after it began to.
    for (let calm = 0; calm < 4; ) {
      await rest(50);
      calm = layer && store.pending === 0 && !state.loading ? calm + 1 : 0;
    }
  },
};
window.peer = api;

// The data do not wait for the map: the kindest order for the peer.
const opened = IcechunkStore.open(new URL(address.get('store'), location.href).href);
const map = new Map({
  container: 'map',
  center: [number('lon'), number('lat')],
  zoom: number('z'),
  attributionControl: false,
  style: {
    version: 8,
    sources: {},
    layers: [{ id: 'background', type: 'background', paint: { 'background-color': '#e8ebee' } }],
  },
});
const loaded = new Promise((done) => map.once('load', done));
try {
  store = await opened;
  await loaded;
  layer = new ZarrLayer({
    id: 'lst',
    store,
    variable: address.get('var'),
    selector: { year: number('year') },
    colormap: turbo,
    // Kelvin: the layer applies the scale factor.
    clim: [number('min'), number('max')],
    // Said here, so that it need not read the coordinates.
    bounds: [-180, -90, 180, 90],
    latIsAscending: false,
    crs: 'EPSG:4326',
    zarrVersion: 3,
    onLoadingStateChange(now) {
      state = now;
      if (now.error) api.error = String(now.error);
    },
  });
  map.addLayer(layer);
} catch (error) {
  api.error = String(error);
  throw error;
}
