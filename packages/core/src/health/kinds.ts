/** The kinds of checks that can be written, in the order in which docs and messages list them. */
import type { WrittenKind } from "../domain/Check.ts"
import { container } from "./ContainerCheck.ts"
import { exec } from "./ExecCheck.ts"
import { grpc } from "./GrpcCheck.ts"
import { http } from "./HttpCheck.ts"
import type { Kind } from "./Kind.ts"
import { tcp } from "./TcpCheck.ts"

export const kinds = { http, tcp, grpc, exec, container } as const satisfies { readonly [K in WrittenKind]: Kind<K> }
