import * as Effect from "effect/Effect"
import * as removal from "../removal/removeTree.ts"
import { SnapshotRefusal } from "./Trouble.ts"

/** Removes a tree of lastgood for good, whatever it contains. */
export const removeTree = (path: string) =>
  removal
    .removeTree(path)
    .pipe(Effect.catchTag("CannotRemove", ({ next, reason }) => Effect.fail(new SnapshotRefusal({ next, reason }))))
