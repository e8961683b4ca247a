import type { Request } from "@lastgood/core/engine/Request"

/** Requests that need the configured env file. A rollback uses the one of its snapshot. */
export const needsEnvFile: ReadonlySet<Request["_tag"]> = new Set([
  "Upgrade",
  "Deploy",
  "Start",
  "Snapshot",
  "Promote",
  "Try"
])
