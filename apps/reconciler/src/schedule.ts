/** When the next pass over an app is due. */
import type { App } from "@lastgood/core/domain/App"
import * as Cron from "effect/Cron"
import * as Result from "effect/Result"

/** Cron's short names, which every scheduler of the field takes. */
const aliases: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *"
}

/**
 * Milliseconds from `now` (epoch milliseconds) to the next pass. An expression that does not parse was refused when the
 * configuration was read; should one arrive here all the same, the interval counts.
 */
export const millisToNext = (app: Pick<App, "schedule" | "intervalMs">, now: number): number => {
  if (app.schedule === null) return app.intervalMs
  const cron = Cron.parse(aliases[app.schedule] ?? app.schedule)
  return Result.isSuccess(cron) ? Math.max(1, Cron.next(cron.success, now).getTime() - now) : app.intervalMs
}
