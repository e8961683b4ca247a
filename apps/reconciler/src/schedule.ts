/** When the next pass over an app is due. */

import { parseSchedule } from "@lastgood/core/config/schedule"
import type { Settings } from "@lastgood/core/domain/App"
import type { AppState } from "@lastgood/core/domain/State"
import { iso, isoMillis } from "@lastgood/core/domain/time"
import * as Cron from "effect/Cron"
import * as Result from "effect/Result"

/**
 * When an app that waits is passed over, whatever its schedule is; null: it does not wait for this.
 *
 * @param refused the refusal in its state.
 * @param since the end of the last pass, in epoch milliseconds.
 * @param retryMs how often to look whether another app has ended.
 * @param isPreparing its mirrors are being brought up to date. A pass would end that, and most find nothing.
 */
export const waitsUntil = (
  refused: Pick<NonNullable<AppState["refused"]>, "gate" | "until"> | null,
  since: number,
  retryMs: number,
  isPreparing = false
): number | null => {
  switch (refused?.gate) {
    case "window": {
      if (refused.until === undefined) return null
      const opens = isoMillis(refused.until)
      // The pass at that moment failed.
      return opens > since ? opens : since + retryMs
    }
    case "after":
      return isPreparing ? null : since + retryMs
    default:
      return null
  }
}

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
