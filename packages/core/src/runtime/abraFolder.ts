/** Where abra keeps its recipes and servers. */
import { join, resolve } from "node:path"

/** `$ABRA_DIR` replaces `~/.abra`. */
export const abraFolder = (moved: string | null, home: string): string => resolve(moved ?? join(home, ".abra"))
