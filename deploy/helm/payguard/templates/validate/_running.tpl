{{/* How many there are, and what the cluster must have for it. Takes $; see _servers.tpl. */}}

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
{{- /* Only callbacks come from outside and are lost; the other parts may be one, by a number that somebody wrote himself. */}}
{{- else if and (eq $.Values.environment "prod") (eq $count 1) (or (eq $name "callbackGateway") (ne $part.field "replicas")) }}
{{ $field }} is 1 with environment prod, where one lost pod must not be all of them; set it to 2 or more.
{{- end }}
{{- if eq $away 0 }}
{{ $name }}.pdb.maxUnavailable is 0, so that no node with such a pod could ever be drained; set it to 1 or more.
{{- else if and (gt $count 1) (ge $away $count) }}
{{ $name }}.pdb.maxUnavailable is {{ $away }} of {{ $count }} pods, so that a drain may take all at once; set it below {{ $field }}.
{{- end }}
{{- end }}
{{- if and (eq .Values.environment "prod") (lt (int $gateway.drainSeconds) 5) }}
callbackGateway.drainSeconds is {{ $gateway.drainSeconds }} with environment prod, where each rollout would cut off callbacks; set it to 5 or more.
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
