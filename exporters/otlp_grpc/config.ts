// The gRPC exporter's configuration: the collector's keys and defaults.

import { z } from 'zod';
import { exporterHelperShape } from '../../pipeline/settings/exporter-helper.ts';
import { checkGrpcClient, grpcAddress, grpcClientShape } from '../../pipeline/settings/grpc-client.ts';

export const config = z
  .strictObject({
    ...exporterHelperShape(),
    ...grpcClientShape({ compression: 'gzip', writeBufferSizeBytes: 512 * 1024, keepalive: false }),
  })
  .superRefine((settings, context) => {
    if (grpcAddress(settings.endpoint) === '') {
      context.addIssue({
        code: 'custom',
        path: ['endpoint'],
        message: 'requires a non-empty "endpoint", such as localhost:4317',
      });
      return;
    }
    checkGrpcClient(settings, context);
  });

export type OtlpGrpcExporterConfig = z.output<typeof config>;
