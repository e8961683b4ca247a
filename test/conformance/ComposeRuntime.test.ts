import * as Effect from "effect/Effect"
import { composeRuntime, describeCompose } from "../docker/composePlugin.ts"
import { testStack } from "../docker/testStack.ts"
import { dockerSuite, envLine } from "./dockerSubject.ts"

dockerSuite("compose", Effect.all([composeRuntime(), testStack(envLine, "compose")]), describeCompose)
