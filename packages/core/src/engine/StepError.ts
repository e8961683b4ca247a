/** Every error of a step, with one reason and one remedy. */
import * as Schema from "effect/Schema"
import { nothingErasedError } from "../domain/erasable.ts"
import { advise, nextText } from "../domain/Next.ts"
import type { InvalidRelease, NotQuiet, RuntimeFailed, RuntimeUnavailable } from "../runtime/Runtime.ts"
import type { SnapshotDamaged, SnapshotFailed, SnapshotMissing } from "../snapshot/SnapshotStore.ts"
import type { RecipeUnavailable } from "../version/VersionSource.ts"

/** A step made no progress and ran past its deadline. */
export class StepHung extends Schema.TaggedError<StepHung>()("StepHung", {
  step: Schema.String,
  afterMs: Schema.Number
}) {
  override get message() {
    return `${this.step} hangs: it has not ended after ${Math.round(this.afterMs / 1000)} s and makes no progress`
  }
}

/** LAW-15: a volume does not hold the data that lastgood left in it. Nothing was started on it. */
export class DataLost extends Schema.TaggedError<DataLost>()("DataLost", {
  app: Schema.String,
  what: Schema.Array(Schema.String)
}) {
  get next() {
    return nextText(this.app, advise`bring the data back, or restore it: ${{ do: "Restore" }}`)
  }
  override get message() {
    return `the data of ${this.app} is not what lastgood left there: ${this.what.join("; ")}`
  }
}

/** No volume is deleted yet. `reason`: of the error that came before. */
export class NothingErased extends Schema.TaggedError<NothingErased>()(nothingErasedError, {
  reason: Schema.String,
  next: Schema.String
}) {
  override get message() {
    return this.reason
  }
}

export type StepError =
  | NothingErased
  | DataLost
  | RuntimeUnavailable
  | RuntimeFailed
  | InvalidRelease
  | NotQuiet
  | SnapshotMissing
  | SnapshotDamaged
  | SnapshotFailed
  | RecipeUnavailable
  | StepHung

const nextOf = (error: StepError): string => {
  switch (error._tag) {
    case "NotQuiet":
      return "stop the named process or container, then try again"
    case "StepHung":
      return "find the cause (a disk, the network, the engine), or raise deadlines.stall in lastgood.yaml"
    default:
      return error.next
  }
}

export const whyOf = (error: StepError): { readonly reason: string; readonly next: string } => ({
  reason: error.message,
  next: nextOf(error)
})
