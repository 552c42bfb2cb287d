// Runs in the measured page before its own code: notes when it draws, uploads pixels and blocks, in
// milliseconds since navigation. The same for both pages.

(() => {
  const probe = {
    /** When frames with at least one draw call drew first. */
    frames: [],
    /** When the GPU was done with such frames. */
    shown: [],
    /** When pixels were last uploaded: not tables, colours and labels, which are small. */
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

  /** Notes when the GPU has done all that it was told so far. The main thread does not wait for it. */
  function awaitGpu(gl) {
    const fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    gl.flush();
    const look = () => {
      if (gl.getSyncParameter(fence, gl.SYNC_STATUS) === gl.SIGNALED || gl.isContextLost()) {
        gl.deleteSync(fence);
        probe.shown.push(performance.now());
      } else setTimeout(look, 4);
    };
    setTimeout(look, 4);
  }

  /** The frame that draws, by its clock. */
  let frame = null;
  let looking = false;
  function drew(gl) {
    if (frame !== document.timeline.currentTime) {
      frame = document.timeline.currentTime;
      probe.frames.push(performance.now());
      queueMicrotask(() => awaitGpu(gl));
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
  /** Uploads of fewer rows are none of pixels, and without a source only room is made. */
  const ROWS = 64;
  // Where the height stands among the parameters; the short forms have a picture at their end instead.
  for (const [name, place] of Object.entries({ texImage2D: 4, texSubImage2D: 5, texImage3D: 4, texSubImage3D: 6 })) {
    const own = prototype[name];
    prototype[name] = function (...parameters) {
      const rows = parameters.length < 9 ? parameters.at(-1).height : parameters[place];
      if (rows >= ROWS && parameters.at(-1)) probe.lastUpload = performance.now();
      return own.apply(this, parameters);
    };
  }

  /** When what was uploaded after `since` was drawn, once nothing has been uploaded for `quiet` ms. */
  probe.settled = async (since, quiet) => {
    const rest = (ms) => new Promise((rested) => setTimeout(rested, ms));
    for (;;) {
      const upload = Math.max(since, probe.lastUpload);
      // The first frame that began after it; frames are done in their order.
      const frame = probe.frames.findIndex((time) => time >= upload);
      const shown = frame < 0 ? undefined : probe.shown[frame];
      if (shown !== undefined && performance.now() - upload > quiet) return shown;
      await rest(20);
    }
  };
})();
