/** When the next pass over an app is due. */

import { parseSchedule } from "@lastgood/core/config/schedule"
import type { Settings } from "@lastgood/core/domain/App"
import { iso } from "@lastgood/core/domain/time"
import * as Cron from "effect/Cron"
import * as Result from "effect/Result"

/**
 * Milliseconds from `now` (epoch milliseconds) to the next pass. The configuration refuses an invalid expression; if one
 * arrives here, the interval counts.
 */
export const millisToNext = (app: Pick<Settings, "schedule" | "intervalMs">, now: number): number => {
  if (app.schedule === null) return app.intervalMs
  const cron = parseSchedule(app.schedule)
  return Result.isSuccess(cron) ? Math.max(1, Cron.next(cron.success, now).getTime() - now) : app.intervalMs
}

/** Only for a schedule: with an interval it depends on the daemon's last pass, which is not recorded. */
export const nextCheckOf = ({ schedule }: Pick<Settings, "schedule">, now: number): string | null => {
  const cron = schedule === null ? null : parseSchedule(schedule)
  return cron !== null && Result.isSuccess(cron) ? iso(Cron.next(cron.success, now).getTime()) : null
}
