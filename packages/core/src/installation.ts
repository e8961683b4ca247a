/**
 * How lastgood is installed: as files (`packages/core/src` of the repository, or the package's `dist`), or as one
 * executable file that holds them all, Node included.
 */
import { fileURLToPath } from "node:url"

/** Deno has no `node:sea`. */
export const isOneFile: boolean = process.getBuiltinModule("node:sea")?.isSea() ?? false

const isUnbuilt = import.meta.url.endsWith(".ts")

/**
 * The folder of lastgood's own code, ending in `/`: `packages` of the repository, or the package as it is installed.
 * null: it has none. The folder of the one file holds the programs of others.
 */
export const ownCode: string | null = isOneFile ? null : new URL(isUnbuilt ? "../../" : "../", import.meta.url).href

/** The folder of the package that this code is part of; null: it is in the one file. */
export const ownPackage: string | null = isOneFile ? null : fileURLToPath(new URL("../", import.meta.url))

/**
 * What the one file runs as when its first argument says so, in the place of `node <script>`: the process of a plugin,
 * or any script. No command can have such a name.
 */
export const runsAs = { plugin: "@plugin", script: "@script" } as const
