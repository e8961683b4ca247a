/** What the engine needs, and how it fails. */

import type { SecureRandom } from "effect/crypto/SecureRandom"
import type { ClaimFailed, Claims, Locked } from "../claim/Claims.ts"
import type { CommandMissing, Commands } from "../command/Commands.ts"
import type { HealthGate } from "../health/HealthGate.ts"
import type { EventUndecodable } from "../log/Codec.ts"
import type { StoreUnavailable, VersionConflict } from "../log/EventStore.ts"
import type { AlertSinks } from "../notify/AlertSink.ts"
import type { RuntimeFailed, Runtimes, RuntimeUnavailable } from "../runtime/Runtime.ts"
import type { DataIdentity } from "../snapshot/DataIdentity.ts"
import type { SnapshotStore } from "../snapshot/SnapshotStore.ts"
import type { RecipeUnavailable, VersionSource } from "../version/VersionSource.ts"
import type { Journal } from "./Journal.ts"
import type { Projections } from "./Projections.ts"
import type { CommandRejected } from "./Request.ts"

export type EngineError =
  | CommandRejected
  | Locked
  | ClaimFailed
  | StoreUnavailable
  | VersionConflict
  | EventUndecodable
  | RuntimeUnavailable
  | RuntimeFailed
  | RecipeUnavailable
  | CommandMissing

export type Ports =
  | Runtimes
  | Claims
  | SnapshotStore
  | DataIdentity
  | VersionSource
  | HealthGate
  | Commands
  | SecureRandom
  | AlertSinks
  | Journal
  | Projections
