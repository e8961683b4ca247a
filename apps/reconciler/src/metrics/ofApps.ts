/** The metrics of apps, from the log. Every series is there from the start, for every configured app. Pure. */
import type { Ending } from "@lastgood/core/domain/Attempt"
import { undeliveredAlerts, unresolvedAlerts } from "@lastgood/core/domain/alerts"
import { performed, recorded } from "@lastgood/core/domain/Plan"
import { isHeld } from "@lastgood/core/domain/policy/select"
import { phaseOf, phases } from "@lastgood/core/domain/State"
import { isoMillis } from "@lastgood/core/domain/time"
import type { DriftKind } from "@lastgood/core/domain/World"
import { hostName } from "../namedApp.ts"
import type { ShownAttempt } from "../reading/attempts.ts"
import { attemptKey, downBounds, downSinceOf, quietBounds, stepBounds, stepKey, sumOf } from "../reading/Counts.ts"
import type { Past } from "../reading/Past.ts"
import type { Projected } from "../reading/Projection.ts"
import type { Family, Labels, Sample } from "./exposition.ts"

/** The compiler asks for each of them: a series that is missing cannot raise an alarm. */
const all = <K extends string>(each: Readonly<Record<K, true>>): ReadonlyArray<K> => Object.keys(each) as Array<K>

const kinds = all<ShownAttempt["kind"]>({
  upgrade: true,
  deploy: true,
  snapshot: true,
  promote: true,
  try: true,
  stop: true,
  rollback: true
})
const outcomes = all<Ending | "unknown">({
  committed: true,
  done: true,
  recovered: true,
  unhealthy: true,
  "left-down": true,
  refused: true,
  failed: true,
  unknown: true
})
const drifts = all<DriftKind>({ "data-missing": true, "log-behind": true, drift: true })

const seconds = (at: string | null | undefined): number => (at === null || at === undefined ? 0 : isoMillis(at) / 1000)

/** Of all apps in the log together: one series for each step and app would be too many. */
const ofSteps = (pasts: ReadonlyArray<Past>): Family => ({
  name: "lastgood_step_duration_seconds",
  help: "How long the steps of attempts took, of all apps in the log, by step and result.",
  type: "histogram",
  distributions: [...Object.keys(performed), ...recorded].flatMap((step) =>
    [true, false].map((ok) => ({
      labels: { step, result: ok ? "ok" : "failed" },
      bounds: stepBounds,
      ...sumOf(
        pasts.flatMap(({ counts }) => counts.steps.get(stepKey(step, ok)) ?? []),
        stepBounds
      )
    }))
  )
})

/** @param now epoch milliseconds. */
export const ofApps = (reading: Projected<Past>, apps: ReadonlyArray<string>, now: number): ReadonlyArray<Family> => {
  const pasts = apps.map((app) => ({ app, past: reading.of(app) }))

  const gauge = (name: string, help: string, value: (past: Past) => number): Family => ({
    ...{ name, help, type: "gauge" },
    samples: pasts.map(({ app, past }) => ({ labels: { app }, value: value(past) }))
  })

  const each = (
    type: "counter" | "gauge",
    name: string,
    help: string,
    values: (past: Past) => ReadonlyArray<Sample>
  ): Family => ({
    ...{ name, help, type },
    samples: pasts.flatMap(({ app, past }) =>
      values(past).map(({ labels, value }) => ({ labels: { app, ...labels }, value }))
    )
  })

  const oneOf = (label: string, all: ReadonlyArray<string>, is: (one: string) => boolean): ReadonlyArray<Sample> =>
    all.map((one) => ({ labels: { [label]: one } satisfies Labels, value: is(one) ? 1 : 0 }))

  const alerts = [...apps, hostName].map((app) => ({ app, state: reading.of(app).state }))

  return [
    {
      ...{ name: "lastgood_app_info", help: "The version that should run, and the last good one.", type: "gauge" },
      samples: pasts.map(({ app, past: { state } }) => ({
        labels: { app, running: state.running?.version ?? "", last_good: state.lastGood?.version ?? "" },
        value: 1
      }))
    },
    each("gauge", "lastgood_app_phase", "1 for the phase that the app is in, by the log.", ({ state }) =>
      oneOf("phase", phases, (one) => one === phaseOf(state))
    ),
    gauge("lastgood_app_expected", "Whether the app should run.", ({ state }) => (state.running === null ? 0 : 1)),
    gauge(
      "lastgood_app_healthy",
      "Whether the app should run and is healthy, as the daemon last saw it.",
      ({ state }) => (state.running !== null && state.unhealthy === null ? 1 : 0)
    ),
    each("gauge", "lastgood_app_drifted", "1 if the app or its data differs from the log in this way.", ({ state }) =>
      oneOf("kind", drifts, (one) => one === state.drift?.kind)
    ),
    gauge("lastgood_app_held", "Whether an operator holds the app.", ({ state }) => (isHeld(state, now) ? 1 : 0)),
    gauge("lastgood_app_refused", "Whether a gate refuses a newer version.", ({ state }) =>
      state.refused === null ? 0 : 1
    ),
    gauge(
      "lastgood_app_quarantined_versions",
      "Versions that failed and are not tried again automatically.",
      ({ state }) => state.quarantined.filter(({ until }) => until === null || isoMillis(until) > now).length
    ),
    {
      ...{ name: "lastgood_app_log_readable", help: "Whether all events of the app can be read.", type: "gauge" },
      samples: apps.map((app) => ({ labels: { app }, value: reading.isReadable(app) ? 1 : 0 }))
    },
    gauge("lastgood_last_good_timestamp_seconds", "When the last good version was committed; 0: never.", ({ state }) =>
      seconds(state.lastGoodAt)
    ),
    each("counter", "lastgood_attempts_total", "Attempts that ended, by kind and outcome.", ({ counts }) =>
      kinds.flatMap((kind) =>
        outcomes.map((outcome) => ({
          labels: { kind, outcome },
          value: counts.attempts.get(attemptKey(kind, outcome)) ?? 0
        }))
      )
    ),
    gauge("lastgood_attempt_started_timestamp_seconds", "When the attempt in flight began; 0: none is.", ({ state }) =>
      seconds(state.attempt?.startedAt)
    ),
    gauge("lastgood_last_attempt_timestamp_seconds", "When the last attempt ended; 0: never.", ({ state }) =>
      seconds(state.lastOutcome?.at)
    ),
    {
      name: "lastgood_downtime_seconds",
      help: "How long attempts kept the app down, from its stop to the next passed health gate.",
      type: "histogram",
      distributions: pasts.map(({ app, past }) => ({ labels: { app }, bounds: downBounds, ...past.counts.downtime }))
    },
    gauge(
      "lastgood_last_downtime_seconds",
      "How long the last attempt kept the app down.",
      ({ counts }) => counts.lastDowntime
    ),
    gauge(
      "lastgood_down_since_timestamp_seconds",
      "Since when an attempt keeps the app down; 0: none does.",
      ({ counts, state }) => (downSinceOf(counts, state) ?? 0) / 1000
    ),
    {
      name: "lastgood_quiet_seconds",
      help: "How long snapshots and restores took while nothing could write to the data.",
      type: "histogram",
      distributions: pasts.flatMap(({ app, past }) =>
        (["snapshot", "restore"] as const).map((step) => ({
          labels: { app, step },
          bounds: quietBounds,
          ...past.counts.quiet[step]
        }))
      )
    },
    ofSteps(reading.all()),
    gauge("lastgood_snapshot_bytes", "Size of the newest snapshot.", ({ state }) => state.snapshots.at(-1)?.bytes ?? 0),
    gauge("lastgood_snapshot_timestamp_seconds", "When the newest snapshot was taken; 0: there is none.", ({ state }) =>
      seconds(state.snapshots.at(-1)?.at)
    ),
    gauge(
      "lastgood_snapshot_duration_seconds",
      "How long the last snapshot took while nothing could write.",
      ({ counts }) => counts.lastSnapshotSeconds
    ),
    gauge(
      "lastgood_snapshot_verified_timestamp_seconds",
      "When a snapshot was last verified and found whole; 0: never.",
      ({ counts }) => counts.verifiedAt
    ),
    each("gauge", "lastgood_snapshots", "Snapshots, by the result of their last verification.", ({ state }) =>
      (["verified", "unverified", "damaged"] as const).map((is) => ({
        labels: { state: is },
        value: state.snapshots.filter(
          ({ verified }) => is === (verified === null ? "unverified" : verified ? "verified" : "damaged")
        ).length
      }))
    ),
    {
      name: "lastgood_alerts",
      help: "Unresolved alerts, by state. The app _host has the alerts without an app.",
      type: "gauge",
      samples: alerts.flatMap(({ app, state }) => {
        const all = unresolvedAlerts(state)
        const open = all.filter(({ acknowledged }) => acknowledged === null).length
        return [
          { labels: { app, state: "open" }, value: open },
          { labels: { app, state: "acknowledged" }, value: all.length - open }
        ]
      })
    },
    {
      name: "lastgood_alerts_undelivered",
      help: "Alerts that a sink has not taken yet.",
      type: "gauge",
      samples: alerts.map(({ app, state }) => ({ labels: { app }, value: undeliveredAlerts(state).length }))
    },
    {
      name: "lastgood_alerts_raised_total",
      help: "Alerts that were raised.",
      type: "counter",
      samples: [...apps, hostName].map((app) => ({ labels: { app }, value: reading.of(app).counts.alertsRaised }))
    }
  ]
}
