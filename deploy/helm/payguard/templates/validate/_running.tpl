{{/* How many, how often, who may reach them, and what the cluster must have. Takes $; see _servers.tpl. */}}

{{- define "payguard.refusedReplicas" -}}
{{- $gateway := .Values.callbackGateway -}}
{{- $scale := $gateway.autoscaling -}}
{{- $keda := .Values.points.keda -}}
{{- $parts := dict
  "callbackGateway" (ternary (dict "field" "autoscaling.minReplicas" "count" $scale.minReplicas) (dict "field" "replicas" "count" $gateway.replicas) $scale.enabled)
  "points" (ternary (dict "field" "keda.minReplicas" "count" $keda.minReplicas) (dict "field" "replicas" "count" .Values.points.replicas) $keda.enabled)
  "alerter" (dict "field" "replicas" "count" .Values.alerter.replicas)
-}}
{{- if .Values.checkout.enabled }}
{{- $_ := set $parts "checkout" (dict "field" "replicas" "count" .Values.checkout.replicas) }}
{{- end }}
{{- range $name, $part := $parts }}
{{- $count := int $part.count }}
{{- $field := printf "%s.%s" $name $part.field }}
{{- $away := get (get $.Values $name) "pdb" | dig "maxUnavailable" 0 | int }}
{{- if eq $count 0 }}
{{ $field }} is 0, so that nobody would do its work; set it to 1 or more.
{{- else if and (eq $.Values.environment "prod") (eq $count 1) (ne $part.field "replicas" | or (eq $name "callbackGateway")) }}
{{ $field }} is 1 with environment prod, where one lost pod must not be all of them; set it to 2 or more.
{{- end }}
{{- if eq $away 0 }}
{{ $name }}.pdb.maxUnavailable is 0, so that no node with such a pod could ever be drained; set it to 1 or more.
{{- else if and (gt $count 1) (ge $away $count) }}
{{ $name }}.pdb.maxUnavailable is {{ $away }} of {{ $count }} pods, so that a drain may take all at once; set it below {{ $field }}.
{{- end }}
{{- end }}
{{- if and $scale.enabled (gt (int $scale.minReplicas) (int $scale.maxReplicas)) }}
callbackGateway.autoscaling.minReplicas {{ $scale.minReplicas }} is more than maxReplicas {{ $scale.maxReplicas }}; lower the one, or raise the other.
{{- end }}
{{- if $keda.enabled }}
{{- $partitions := ternary 4 .Values.kafka.topics.partitions .Values.kafka.embedded.enabled | int }}
{{- if gt (int $keda.minReplicas) (int $keda.maxReplicas) }}
points.keda.minReplicas {{ $keda.minReplicas }} is more than maxReplicas {{ $keda.maxReplicas }}; lower the one, or raise the other.
{{- end }}
{{- if gt (int $keda.maxReplicas) $partitions }}
points.keda.maxReplicas {{ $keda.maxReplicas }} is more than the {{ $partitions }} partitions, so that some pods would never get work; set it to {{ $partitions }} or less.
{{- end }}
{{- end }}
{{- end -}}

{{- define "payguard.refusedJobs" -}}
{{- if and (eq .Values.environment "prod") (not .Values.jobs.poll.enabled) }}
jobs.poll.enabled is false with environment prod, where a payment whose callback is lost would stay lost; set it to true.
{{- end }}
{{- if and .Values.jobs.poll.enabled (lt (int .Values.jobs.poll.activeDeadlineSeconds) 60) }}
jobs.poll.activeDeadlineSeconds is {{ .Values.jobs.poll.activeDeadlineSeconds }}, and each run works for up to a minute; set it to 60 or more.
{{- end }}
{{- range $name, $job := .Values.jobs }}
{{- $field := "(\\*|[0-9A-Za-z]+)([-/,][0-9A-Za-z*]+)*" }}
{{- if not (regexMatch (printf "^%s( +%s){4}$|^@(hourly|daily|weekly|monthly)$" $field $field) $job.schedule) }}
jobs.{{ $name }}.schedule {{ $job.schedule }} is no timetable of cron; write its five fields, such as */10 * * * *.
{{- end }}
{{- end }}
{{- if not (regexMatch "^[A-Z][A-Za-z]+(/[A-Za-z0-9_+-]+)*$" .Values.jobDefaults.timeZone) }}
jobDefaults.timeZone {{ .Values.jobDefaults.timeZone }} is no name of a time zone; write it as Asia/Shanghai.
{{- else if eq .Values.jobDefaults.timeZone "Local" }}
jobDefaults.timeZone Local is refused by Kubernetes, since each node may have its own; write it as Asia/Shanghai.
{{- end }}
{{- end -}}

{{- define "payguard.refusedNetwork" -}}
{{- $policy := .Values.networkPolicy -}}
{{- if .Values.ingress.enabled }}
{{- $host := lower .Values.ingress.host }}
{{- if not $host }}
ingress.host is empty while ingress.enabled is true; give the public name that WeChat Pay calls, such as pay.example.com.
{{- else if not (regexMatch "^([a-z0-9]([-a-z0-9]*[a-z0-9])?\\.)*[a-z0-9]([-a-z0-9]*[a-z0-9])?$" $host) }}
ingress.host {{ .Values.ingress.host }} is no host name; write the name alone, such as pay.example.com.
{{- else if not .Values.simulator.enabled }}
{{- with include "payguard.whyNotPublic" $host }}
ingress.host {{ $host }} is {{ . }} that WeChat Pay cannot reach; give the public name that it calls, such as pay.example.com.
{{- end }}
{{- end }}
{{- end }}
{{- if $policy.enabled }}
{{- if not $policy.dns }}
networkPolicy.dns is empty, so that no pod could look up a name; say where the cluster's DNS runs.
{{- end }}
{{- if not .Values.simulator.enabled }}
{{- if not $policy.ingressController }}
networkPolicy.ingressController is empty, so that no callback could come in; say where the ingress controller's pods run.
{{- end }}
{{- if not $policy.internet }}
networkPolicy.internet is empty, so that nobody could ask WeChat Pay; say which addresses lie outside.
{{- end }}
{{- if and .Values.checkout.enabled (not $policy.checkoutClients) }}
networkPolicy.checkoutClients is empty, so that nobody could call the order API; name the shop's pods, or turn checkout.enabled off.
{{- end }}
{{- end }}
{{- end }}
{{- with .Values.tracing.endpoint }}
{{- if not (regexMatch "^https?://[A-Za-z0-9.-]+(:[0-9]+)?(/[^?#]*)?$" .) }}
tracing.endpoint {{ . }} is no address of an OTLP/HTTP collector; write it as http://otel-collector.observability:4318.
{{- end }}
{{- end }}
{{- end -}}

{{- define "payguard.refusedMonitoring" -}}
{{- $cluster := .Capabilities.APIVersions -}}
{{- $operator := $cluster.Has "monitoring.coreos.com/v1" -}}
{{- range $field := list "serviceMonitor" "prometheusRule" }}
{{- if and (eq (get $.Values.monitoring $field | toString) "true") (not $operator) }}
monitoring.{{ $field }} is true, and the cluster has no monitoring.coreos.com/v1; install the Prometheus Operator, or set it to auto.
{{- end }}
{{- end }}
{{- if and .Values.points.keda.enabled (not ($cluster.Has "keda.sh/v1alpha1")) }}
points.keda.enabled is true, and the cluster has no keda.sh/v1alpha1; install KEDA, or turn it off.
{{- end }}
{{- $known := list "Watchdog" }}
{{- range $path, $text := .Files.Glob "files/rules/*.yaml" }}
{{- range regexFindAll "(?m)^ *- alert: *[A-Za-z0-9]+" (toString $text) -1 }}
{{- $known = append $known (regexFind "[A-Za-z0-9]+$" .) }}
{{- end }}
{{- end }}
{{- range $name := .Values.alerts.disabled }}
{{- if not (has $name $known) }}
alerts.disabled names {{ $name }}, and there is no such alert; write its name as files/rules has it, such as PayguardCheckoutAbsent.
{{- end }}
{{- end }}
{{- $thresholds := .Values.alerts.thresholds }}
{{- if ge (float64 $thresholds.tlsExpiryCriticalDays) (float64 $thresholds.tlsExpiryWarningDays) }}
alerts.thresholds.tlsExpiryCriticalDays is {{ $thresholds.tlsExpiryCriticalDays }}, no less than tlsExpiryWarningDays; set it below, or the warning never comes first.
{{- end }}
{{- end -}}
