/** Apps that were taken out of the configuration, and were not removed. */
import type { Config } from "@lastgood/core/config/Config"
import { unconfigured, unconfiguredText } from "@lastgood/reconciler/reading/unconfigured"
import * as Effect from "effect/Effect"
import { orFail, warn } from "./Finding.ts"

const what = "configuration"

export const leftFindings = ({ apps, root }: Config) =>
  unconfigured(
    root,
    apps.map(({ name }) => name)
  ).pipe(
    Effect.map((left) => left.map((one) => warn({ app: one.app, what }, unconfiguredText(one), one.next))),
    orFail({ app: null, what })
  )
