// What a page holds: JavaScript heap, and the buffers outside it (ArrayBuffers and WebAssembly
// memories), of its main thread and of its workers.

/** Sends a command to a worker through its page's session, and gives the answer. */
function ask(session, sessionId, id, method) {
  return new Promise((done, failed) => {
    const listen = ({ sessionId: from, message }) => {
      const answer = JSON.parse(message);
      if (from !== sessionId || answer.id !== id) return;
      session.off('Target.receivedMessageFromTarget', listen);
      if (answer.error) failed(new Error(`${method}: ${answer.error.message}`));
      else done(answer.result);
    };
    session.on('Target.receivedMessageFromTarget', listen);
    session.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method }) }).catch(failed);
  });
}

/** Bytes after a garbage collection. @param {import('playwright-core').Page} page */
export async function bytesHeld(page) {
  const session = await page.context().newCDPSession(page);
  const workers = [];
  session.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
    if (targetInfo.type === 'worker') workers.push(sessionId);
  });
  await session.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
  const sum = ({ usedSize, embedderHeapUsedSize = 0, backingStorageSize = 0 }) =>
    usedSize + embedderHeapUsedSize + backingStorageSize;
  await session.send('HeapProfiler.collectGarbage');
  let bytes = sum(await session.send('Runtime.getHeapUsage'));
  let id = 0;
  for (const worker of workers) {
    await ask(session, worker, (id += 1), 'HeapProfiler.collectGarbage');
    bytes += sum(await ask(session, worker, (id += 1), 'Runtime.getHeapUsage'));
  }
  await session.detach();
  return { bytes, workers: workers.length };
}
