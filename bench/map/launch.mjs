// The browser that is measured: headless Chromium with software GL, and nothing of its own under way.

/** @param {import('playwright-core').BrowserType} chromium */
export function launch(chromium) {
  const executablePath = process.env.FLOE_CHROMIUM;
  if (!executablePath) throw new Error('FLOE_CHROMIUM is not set: start with bench/map/run');
  return chromium.launch({
    executablePath,
    args: [
      '--headless=new', '--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--use-gl=angle', '--use-angle=swiftshader',
      '--enable-unsafe-swiftshader',
    ],
  });
}
