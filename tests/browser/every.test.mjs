// What must hold in every engine: FLOE_BROWSER is chromium, firefox or webkit. One process of the engine for all.

import { after } from 'node:test';

import './every/start.mjs';
import './every/drawing.mjs';
import './every/resize.mjs';
import './every/inspect.mjs';
import './every/link.mjs';
import './every/keyboard.mjs';
import './every/status.mjs';
import './every/failures.mjs';
import './every/network.mjs';
import { finish } from './every/page.mjs';

after(finish);
