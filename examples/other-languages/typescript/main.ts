// A service that starts: node main.ts promptsync-bundle.json

import { warnOnDrift } from "./warnOnDrift.ts";

await warnOnDrift(process.argv[2]);
