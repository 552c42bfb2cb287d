// What a page holds: JavaScript heap, ArrayBuffers and WebAssembly memories, of its main thread and of
// its workers.

/** Sends a command to a worker through its page's session, and gives the answer. */
function ask(session, sessionId, id, method, params) {
  return new Promise((done, failed) => {
    const listen = ({ sessionId: from, message }) => {
      const answer = JSON.parse(message);
      if (from !== sessionId || answer.id !== id) return;
      session.off('Target.receivedMessageFromTarget', listen);
      if (answer.error) failed(new Error(`${method}: ${answer.error.message}`));
      else done(answer.result);
    };
    session.on('Target.receivedMessageFromTarget', listen);
    session.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method, params }) }).catch(failed);
  });
}

/** Nothing that is asked takes longer, in ms. */
const LONGEST = 10_000;

/** An answer, or undefined where it does not come: the browser sometimes looks for objects for ever. */
function within(promise) {
  let timer;
  const late = new Promise((done) => (timer = setTimeout(done, LONGEST)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Bytes that one thread holds after a garbage collection. */
async function bytesOf(send) {
  await send('HeapProfiler.collectGarbage');
  const { usedSize, embedderHeapUsedSize = 0, backingStorageSize = 0 } = await send('Runtime.getHeapUsage');
  // The heap's usage leaves out WebAssembly memories.
  const prototype = await send('Runtime.evaluate', { expression: 'WebAssembly.Memory.prototype' });
  const held = usedSize + embedderHeapUsedSize + backingStorageSize;
  const found = await within(send('Runtime.queryObjects', { prototypeObjectId: prototype.result.objectId }));
  if (!found) return { held, complete: false };
  const { result } = await send('Runtime.callFunctionOn', {
    objectId: found.objects.objectId,
    functionDeclaration: 'function () { return this.reduce((sum, memory) => sum + memory.buffer.byteLength, 0); }',
    returnByValue: true,
  });
  return { held: held + result.value, complete: true };
}

/** @param {import('playwright-core').Page} page */
export async function bytesHeld(page) {
  const session = await page.context().newCDPSession(page);
  const workers = [];
  session.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
    if (targetInfo.type === 'worker') workers.push(sessionId);
  });
  await session.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
  const threads = [await bytesOf((method, params) => session.send(method, params))];
  let id = 0;
  for (const worker of workers) {
    const send = (method, params) => ask(session, worker, (id += 1), method, params);
    // A worker may end meanwhile; what it held is not known then.
    threads.push(await bytesOf(send).catch(() => ({ held: 0, complete: false })));
  }
  await within(session.detach());
  return {
    bytes: threads.reduce((sum, { held }) => sum + held, 0),
    complete: threads.every(({ complete }) => complete),
    workers: workers.length,
  };
}
