// Medians of the repetitions and the budget table.

/** The middle one; of an even number the lower one. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)];
}

const kilobytes = (bytes) => `${Math.round(bytes / 1000)} KB`;
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
const amount = (bytes) => (bytes >= 1e6 ? megabytes(bytes) : kilobytes(bytes));
const time = (ms) => (ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : `${Math.round(ms)} ms`);
const plain = (value) => String(value);
const rate = (value) => `${value.toFixed(1)} /s`;

/**
 * Figures and their budgets: at most `most`, and at most (`least`: at least) `share` of the peer's. `bare` are
 * those of which a page without a map has its own.
 * @type {{what: string, value: (result: any) => number, text: (value: number) => string,
 *   most?: number, share?: number, least?: boolean, known?: (result: any) => boolean, bare?: boolean}[]}
 */
const figures = [
  { what: 'code, gzip', value: (r) => r.visit.world.codeBytes, text: kilobytes, most: 400e3 },
  { what: 'world view: requests', value: (r) => r.visit.world.requests, text: plain, most: 7 },
  { what: 'world view: bytes', value: (r) => r.visit.world.bytes, text: amount, most: 300e3 },
  { what: 'first data pixel, local', value: (r) => r.local.firstPixel, text: time, share: 0.5, bare: true },
  { what: 'world view complete, local', value: (r) => r.local.complete, text: time, share: 0.5, bare: true },
  { what: 'first data pixel, 60 ms + 9 Mbit/s', value: (r) => r.slow.firstPixel, text: time, bare: true },
  { what: 'world view complete, 60 ms + 9 Mbit/s', value: (r) => r.slow.complete, text: time, share: 0.5, bare: true },
  { what: 'longest task', value: (r) => r.visit.world.longestTask, text: time, share: 1 / 3, bare: true },
  { what: 'blocking time', value: (r) => r.visit.world.blocking, text: time, share: 1 / 3, bare: true },
  { what: 'main-thread CPU while loading', value: (r) => r.visit.world.cpu, text: time, share: 0.5, bare: true },
  { what: 'year switch, cold', value: (r) => r.visit.cold.ms, text: time, share: 0.5, bare: true },
  { what: 'year switch, cold: requests', value: (r) => r.visit.cold.requests, text: plain },
  { what: 'year switch, warm', value: (r) => r.visit.warm.ms, text: time, share: 0.5, bare: true },
  { what: 'year switch, warm: requests', value: (r) => r.visit.warm.requests, text: plain, most: 0 },
  { what: 'region zoom 5: requests', value: (r) => r.visit.region.requests, text: plain },
  { what: 'region zoom 5: bytes', value: (r) => r.visit.region.bytes, text: amount },
  { what: 'region, both at 0.02°: requests', value: (r) => r.alike.requests, text: plain, share: 1 },
  { what: 'region, both at 0.02°: bytes', value: (r) => r.alike.bytes, text: amount, share: 1 },
  { what: 'region zoom 5: complete', value: (r) => r.visit.region.ms, text: time },
  { what: 'frames while panning', value: (r) => r.visit.frames, text: rate, share: 2, least: true, bare: true },
  { what: 'heap and buffers', value: (r) => r.held.bytes, text: amount, known: (r) => r.held.complete },
];

/** What the budget asks for, and whether it is met; '' where it asks for nothing. */
function judge({ text, most, share, least }, peer, floe) {
  const parts = [];
  let met = true;
  if (most !== undefined) {
    parts.push(`≤ ${text(most)}`);
    met &&= floe <= most;
  }
  if (share !== undefined) {
    const word = share === 1 ? '' : share === 2 ? '2 x ' : share === 0.5 ? '1/2 of ' : '1/3 of ';
    parts.push(`${least ? '≥' : '≤'} ${word}the peer`);
    met &&= least ? floe >= share * peer : floe <= share * peer;
  }
  return { budget: parts.join(', '), verdict: parts.length === 0 ? '' : met ? 'met' : '**missed**' };
}

/** The table as Markdown. @param {{bare: any[], peer: any[], floe: any[]}} results one entry a repetition */
export function table(results) {
  const lines = ['| | bare page | peer | Floe | Floe / peer | budget | |', '|---|---:|---:|---:|---:|---|---|'];
  for (const figure of figures) {
    const [peer, floe] = [results.peer, results.floe].map((runs) => median(runs.map(figure.value)));
    const { budget, verdict } = judge(figure, peer, floe);
    // Of a figure that is not known as a whole there is only the least that it can be, and no ratio.
    const isKnown = (runs) => runs.every((run) => figure.known?.(run) ?? true);
    const text = (runs, value) => (isKnown(runs) ? '' : 'at least ') + figure.text(value);
    const ratio = isKnown(results.peer) && isKnown(results.floe) && peer > 0 ? (floe / peer).toFixed(2) : '';
    const bare = figure.bare ? figure.text(median(results.bare.map(figure.value))) : '';
    lines.push(`| ${figure.what} | ${bare} | ${text(results.peer, peer)} | ${text(results.floe, floe)} | ${ratio} | ${budget} | ${verdict} |`);
  }
  return lines.join('\n');
}
