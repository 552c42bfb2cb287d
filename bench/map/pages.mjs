// The pages and how each is told what to show. All offer `setView`, `select`, `idle` and `error` on one
// object of their window. The bare one shows no map: what it takes is the browser's own.

/** The view that Floe's page opens with. */
export const world = { lon: 12, lat: 22, zoom: 1.4 };
/** A region: the Alps, land and sea. */
export const region = { lon: 10.5, lat: 46.2, zoom: 5 };
export const variable = 'avg_daytime_lst';
/** Ends of the range in kelvin. */
export const range = { min: 230, max: 320 };

const query = (pairs) => String(new URLSearchParams(pairs));

/** The view that all open with. @param {number} year shown first */
const opened = (year) => ({ lon: world.lon, lat: world.lat, z: world.zoom, var: variable, year, ...range });

/** Floe's page over a store. */
export const floe = (year, store) => ({
  name: 'Floe',
  object: 'floe',
  path: `/floe/?${query({ ...opened(year), cmap: 'turbo', store })}`,
});

/** @param {number} year shown first */
export function pages(year) {
  return {
    bare: { name: 'bare page', object: 'bare', path: '/bare/' },
    peer: { name: 'peer', object: 'peer', path: `/peer/?${query({ ...opened(year), store: '/store' })}` },
    floe: floe(year, '/store'),
  };
}
