import type { App } from "@lastgood/core/domain/App"
import { testApp } from "@lastgood/testing/testApp"

/** An app with a folder; nothing else of it matters to a claim. */
export const appAt = (dir: string): App => testApp({ volumes: [], dir })
