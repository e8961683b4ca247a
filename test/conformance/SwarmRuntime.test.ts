import { makeSwarmRuntime } from "@lastgood/core/runtime/swarm/SwarmRuntime"
import * as Effect from "effect/Effect"
import { describeSwarm } from "../docker/requireDocker.ts"
import { testStack } from "../docker/testStack.ts"
import { dockerSuite, envLine } from "./dockerSubject.ts"

dockerSuite("swarm", Effect.all([makeSwarmRuntime, testStack(envLine)]), describeSwarm)
