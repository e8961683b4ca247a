import { make } from "@lastgood/core/log/EventStoreMemory"
import type { StoredEvent } from "@lastgood/core/log/HashChain"
import * as Effect from "effect/Effect"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { suite } from "./EventStoreSuite.ts"

suite(
  "memory",
  Effect.map(SubscriptionRef.make<ReadonlyArray<StoredEvent>>([]), (log) => ({
    open: Effect.sync(() => make(log)),
    rewrite: (change) => SubscriptionRef.update(log, change)
  }))
)
