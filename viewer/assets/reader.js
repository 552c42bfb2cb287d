// The worker's script: starts the module that the page has compiled, or fetches it itself where the page sends
// `null` instead. The worker's name says which files the module's script and the module are. What the page says until the module
// listens it keeps.
self.floeConfig = fetch(new URL('floe-page.json', import.meta.url));
floeConfig.catch(() => {});
// Codecs that few stores need are a module of their own.
self.floeCodecs = async () => {
  const { default: start, inflate } = await import('./floe-codecs.js');
  await start();
  return inflate;
};
const said = [];
const given = new Promise((take) => {
  onmessage = (event) => {
    if (event.data === null || event.data instanceof WebAssembly.Module) take(event.data);
    else said.push(event);
  };
});
const [script, module] = name.split(' ').map((file) => new URL(file, import.meta.url));
const { default: start } = await import(script);
await start({ module_or_path: (await given) ?? fetch(module) });
for (const event of said) onmessage(event);
