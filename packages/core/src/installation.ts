/** Where lastgood itself lies. This file is found by its own place: `packages/core/src`, or the package's `dist`. */
import { fileURLToPath } from "node:url"

const isUnbuilt = import.meta.url.endsWith(".ts")

/** The folder of lastgood's own code, ending in `/`: `packages` of the repository, or the package as it is installed. */
export const ownCode = new URL(isUnbuilt ? "../../" : "../", import.meta.url).href

/** The folder of the package that this code is part of. */
export const ownPackage = fileURLToPath(new URL("../", import.meta.url))
