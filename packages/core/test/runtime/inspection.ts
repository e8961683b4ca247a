/** Inspections for tests: what a test does not say is as of an app that runs as it should. */
import { serviceSeen } from "../../src/runtime/inspection.ts"
import type { Inspection, ServiceInspection } from "../../src/runtime/Runtime.ts"

/** Something of the app that runs as it should, of no release. */
export const service = (name: string, more: Partial<ServiceInspection> = {}): ServiceInspection =>
  serviceSeen({ name, state: "1/1", ok: true, replicas: 1, since: "2026-01-01T00:00:00Z", ...more })

export const inspection = (more: Partial<Inspection> = {}): Inspection => ({
  present: true,
  converged: true,
  version: null,
  commit: null,
  mixed: false,
  services: [],
  ...more
})

/** Nothing of the app is there. */
export const nothing: Inspection = inspection({ present: false, converged: false })
