import { hostname } from 'node:os';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import type { Sampler } from '@opentelemetry/sdk-trace';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';
import { BUILD } from './build-info.ts';
import type { Logger } from './logger.ts';
import type { TracingSettings } from './tracing-variables.ts';

/** Spans that wait for the collector, some 2 KiB each; more are dropped. */
const MAX_QUEUED_SPANS = 2_048;
const MAX_SPANS_A_REQUEST = 512;
/** Tracing that fails says so this often: it is nobody's emergency. */
const WARN_EVERY_MS = 60_000;
const MAX_REASON_CHARS = 300;

/** Imported dynamically, by start-tracing.ts alone: whoever does not trace must not load the SDK. */
export function startTracingSdk(service: string, settings: TracingSettings, log: Logger): NodeSDK {
  const sdk = new NodeSDK({
    // OTEL_RESOURCE_ATTRIBUTES. What the other detectors add is of no use here: command lines, user names, hardware.
    resourceDetectors: [envDetector],
    resource: defaultResource().merge(
      resourceFromAttributes({
        'service.name': `payguard-${service}`,
        'service.version': BUILD.version,
        'service.instance.id': hostname(),
      }),
    ),
    sampler: samplerOf(settings),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter({ url: tracesUrl(settings) }),
        maxQueueSize: MAX_QUEUED_SPANS,
        maxExportBatchSize: MAX_SPANS_A_REQUEST,
      }),
    ],
    textMapPropagator: null,
    instrumentations: [],
    metricReaders: [],
    logRecordProcessors: [],
  });
  sdk.start();
  warnOfFailures(log);
  return sdk;
}

/** By the specification of OTLP/HTTP: the general endpoint is a base, the one for traces is used as it is. */
function tracesUrl(settings: TracingSettings): string {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: base = '', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: whole } = settings;
  return whole ?? `${base.replace(/\/$/, '')}/v1/traces`;
}

function samplerOf({ OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: ratio }: TracingSettings): Sampler {
  switch (name) {
    case 'always_on':
      return new AlwaysOnSampler();
    case 'always_off':
      return new AlwaysOffSampler();
    case 'traceidratio':
      return new TraceIdRatioBasedSampler(ratio);
    case 'parentbased_always_on':
      return new ParentBasedSampler({ root: new AlwaysOnSampler() });
    case 'parentbased_always_off':
      return new ParentBasedSampler({ root: new AlwaysOffSampler() });
    case 'parentbased_traceidratio':
      return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) });
  }
}

function warnOfFailures(log: Logger): void {
  let quietUntil = 0;
  let untold = 0;
  const warn = (message: string): void => {
    const now = performance.now();
    if (now < quietUntil) {
      untold += 1;
      return;
    }
    log.warn({ reason: reasonOf(message), untold }, 'traces do not reach the collector');
    quietUntil = now + WARN_EVERY_MS;
    untold = 0;
  };
  const ignore = (): void => undefined;
  diag.setLogger(
    { error: warn, warn, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
}

/** The SDK writes errors as JSON, with their stack in front. */
function reasonOf(message: string): string {
  const reason = /"message":"([^"]+)"/.exec(message)?.[1] ?? /"code":"([^"]+)"/.exec(message)?.[1] ?? message;
  return reason.slice(0, MAX_REASON_CHARS);
}
