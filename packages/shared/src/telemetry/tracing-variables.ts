import { z } from 'zod';

const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

const endpointVariable = z.url({ protocol: /^https?$/, error: 'must be http://host:port or https://host' }).optional();

/** OpenTelemetry's own variables; the SDK reads others of them (headers, time-outs, resource attributes) by itself. */
export const tracingVariables = {
  OTEL_EXPORTER_OTLP_ENDPOINT: endpointVariable.describe(
    'Where traces go: an OTLP/HTTP collector as http://host:4318; unset for no traces, which then cost nothing',
  ),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpointVariable.describe(
    'The same with its whole path, such as http://host:4318/v1/traces',
  ),
  OTEL_TRACES_SAMPLER: z
    .enum(SAMPLERS)
    .default('parentbased_traceidratio')
    .describe(`Which traces are kept: ${SAMPLERS.join(', ')}`),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(0.01)
    .describe('Share of traces that a sampler by ratio keeps, from 0 to 1'),
};

export type TracingSettings = {
  OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined;
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT?: string | undefined;
  OTEL_TRACES_SAMPLER: (typeof SAMPLERS)[number];
  OTEL_TRACES_SAMPLER_ARG: number;
};
