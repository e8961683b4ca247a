/** A whole filesystem made durable at once. */
import { run } from "./Tool.ts"

/** Syncs the whole filesystem that contains `path`. Node has no syncfs(2). */
export const syncFilesystem = (path: string) => run("sync", ["--file-system", "--", path])
