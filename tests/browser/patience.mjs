// How long tests wait.

/**
 * How long anything may take before a test gives up, in ms: browsers draw in software, on machines that do other things.
 * What the page promises sooner is asserted by the test that is about it.
 */
export const PATIENCE = 90_000;
