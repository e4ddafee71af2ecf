// The lobby needs no script; this only tells the server the zone for the room's first paint.

import { Times } from "./lib/times.js";

new Times().remember();
