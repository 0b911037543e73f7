import { warnOnDrift } from "./warnOnDrift.ts";

// Nothing waits for it: the service goes on starting.
void warnOnDrift("promptsync-bundle.json");
