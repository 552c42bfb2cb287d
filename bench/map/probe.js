// Runs in the measured page before its own code: notes when it draws, uploads pixels and blocks, in
// milliseconds since navigation. The same for both pages.

(() => {
  const probe = {
    /** When frames with at least one draw call began, by the clock of the frame. */
    frames: [],
    /** When such frames were over: the next frame had its turn. */
    shown: [],
    /** When pixels were last uploaded. */
    lastUpload: 0,
    /** When the first pixel of the data was drawn; null where none was seen or looked for. */
    firstPixel: null,
    longTasks: [],
  };
  window.probe = probe;
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) probe.longTasks.push({ startTime, duration });
  }).observe({ type: 'longtask', buffered: true });

  /** Whether the drawing buffer shows a strong colour, which only the data have. */
  function showsData(gl) {
    const { drawingBufferWidth: width, drawingBufferHeight: height } = gl;
    const bound = gl.getParameter(gl.READ_FRAMEBUFFER_BINDING);
    gl.bindFramebuffer(gl.READ_FRAMEBUFFER, null);
    const pixels = new Uint8Array(width * 4);
    let strong = 0;
    for (const share of [0.35, 0.5, 0.65]) {
      gl.readPixels(0, Math.floor(height * share), width, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
      for (let at = 0; at < pixels.length; at += 4) {
        const [red, green, blue] = pixels.subarray(at, at + 3);
        if (Math.max(red, green, blue) - Math.min(red, green, blue) > 110) strong += 1;
      }
    }
    gl.bindFramebuffer(gl.READ_FRAMEBUFFER, bound);
    return strong >= 10;
  }

  let looking = false;
  function drew(gl) {
    const frame = document.timeline.currentTime;
    if (probe.frames.at(-1) !== frame) {
      probe.frames.push(frame);
      requestAnimationFrame(() => probe.shown.push(performance.now()));
    }
    if (!window.probeLooks || probe.firstPixel !== null || looking) return;
    looking = true;
    // After the frame's drawing, before the browser takes the buffer.
    queueMicrotask(() => {
      looking = false;
      if (showsData(gl)) probe.firstPixel = performance.now();
    });
  }

  const { prototype } = WebGL2RenderingContext;
  for (const name of ['drawArrays', 'drawElements', 'drawArraysInstanced', 'drawElementsInstanced', 'drawRangeElements']) {
    const own = prototype[name];
    prototype[name] = function (...parameters) {
      own.apply(this, parameters);
      drew(this);
    };
  }
  for (const name of ['texImage2D', 'texSubImage2D', 'texImage3D', 'texSubImage3D']) {
    const own = prototype[name];
    prototype[name] = function (...parameters) {
      probe.lastUpload = performance.now();
      return own.apply(this, parameters);
    };
  }

  /** When what was uploaded after `since` was on the screen, once nothing has been uploaded for `quiet` ms. */
  probe.settled = async (since, quiet) => {
    const rest = (ms) => new Promise((rested) => setTimeout(rested, ms));
    for (;;) {
      const upload = Math.max(since, probe.lastUpload);
      const shown = probe.shown.find((time) => time > upload);
      if (shown !== undefined && performance.now() - upload > quiet) return shown;
      await rest(20);
    }
  };
})();
