import * as Effect from "effect/Effect"
import { abraStack } from "../abra/abraStack.ts"
import { describeSwarm } from "../docker/requireDocker.ts"
import { dockerSuite, envLine } from "./dockerSubject.ts"

dockerSuite(
  "abra",
  Effect.map(abraStack(envLine), (stack) => [stack.runtime, stack] as const),
  describeSwarm
)
