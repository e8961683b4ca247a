/**
 * How lastgood is installed: as files (`packages/core/src` of the repository, or the package's `dist`), or as a single
 * executable that contains everything, including Node.
 */
import { fileURLToPath } from "node:url"

/** Deno has no `node:sea`. */
export const isOneFile: boolean = process.getBuiltinModule("node:sea")?.isSea() ?? false

const isUnbuilt = import.meta.url.endsWith(".ts")

/**
 * The folder of lastgood's own code, ending in `/`: `packages` of the repository, or the installed package. null for
 * the single executable, whose folder also has programs of others.
 */
export const ownCode: string | null = isOneFile ? null : new URL(isUnbuilt ? "../../" : "../", import.meta.url).href

/** The folder of the package that this code is part of; null: it is in the single executable. */
export const ownPackage: string | null = isOneFile ? null : fileURLToPath(new URL("../", import.meta.url))

/**
 * First arguments with which the single executable acts as `node <script>`: as the process of a plugin, or for any
 * script. No command can have such a name.
 */
export const runsAs = { plugin: "@plugin", script: "@script" } as const
