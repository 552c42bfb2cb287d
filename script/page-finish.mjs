// What both ways of building the page end with, in this order: hooks of Trunk run all at once.
//
//     node script/page-finish.mjs [DIR]
//
// DIR is where the page has been built; without it, Trunk says so in TRUNK_STAGING_DIR.

import { setNames } from './page-names.mjs';
import { makeSmaller } from './page-smaller.mjs';
import { setPolicy } from './page-policy.mjs';

const directory = process.argv[2] ?? process.env.TRUNK_STAGING_DIR;
if (!directory) throw new Error('expected: DIR, or TRUNK_STAGING_DIR in the environment');
// Not for `trunk serve`, where somebody waits for it.
if (process.env.TRUNK_PROFILE !== 'debug') makeSmaller(directory);
setNames(directory);
setPolicy(directory);
