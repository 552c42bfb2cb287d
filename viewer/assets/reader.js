// The worker's script: fetches the module and its glue at once, and keeps what the page says until the
// module listens.
const said = [];
onmessage = (event) => said.push(event);
const module = fetch(new URL('floe-worker_bg.wasm', import.meta.url));
const { default: start } = await import('./floe-worker.js');
await start({ module_or_path: module });
for (const event of said) onmessage(event);
