/**
 * The runtime's own state of a container: its HEALTHCHECK, or that its process runs. Only this check can detect that a
 * process has ended for good.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { line } from "../yaml/text.ts"
import type { CheckResult } from "./HealthGate.ts"
import { defineKind, type RunCheck, serviceOf, timeout } from "./Kind.ts"
import { oneLine } from "./problem.ts"

const run: RunCheck<"container"> = (check, app, runtime) =>
  Effect.matchEager(runtime.containerState(app, check.service), {
    onFailure: (error): CheckResult => ({ ok: false, dead: false, seen: oneLine(error.message) }),
    onSuccess: ({ ok, dead, seen }): CheckResult => ({ ok, dead, seen: oneLine(seen) })
  })

export const container = defineKind("container", {
  file: Schema.Struct({
    container: Schema.Union([
      Schema.Literal(true),
      line({ expected: "the name of a service", description: "The service whose HEALTHCHECK is read." })
    ]).annotate({
      description: "The container's own HEALTHCHECK: `true` for every service, or the name of one. Weak evidence.",
      expected: "`true` or the name of a service"
    }),
    timeout
  }),
  toCheck: ({ container, timeout }) => {
    const only = container === true ? undefined : container
    return {
      kind: "container",
      name: only === undefined ? "container" : `container ${only}`,
      ...serviceOf(only),
      timeoutMs: timeout
    }
  },
  fromLabel: (value, service) => ({ container: value === "true" ? service : value }),
  run
})
