{{/* What pods ask for and are made of. Takes $; see _servers.tpl. */}}

{{- define "payguard.refusedImages" -}}
{{- if eq .Values.environment "prod" }}
{{- if not .Values.image.registry }}
image.registry is empty with environment prod, where nodes would take somebody else's images from a public registry; name your own.
{{- end }}
{{- if eq .Values.image.tag "latest" }}
image.tag is latest with environment prod, where an upgrade would replace nothing and a rollback bring nothing back; write the tag of a release.
{{- end }}
{{- end }}
{{- end -}}

{{- define "payguard.refusedResources" -}}
{{- $parts := dict
  "callbackGateway" .Values.callbackGateway
  "points" .Values.points
  "alerter" .Values.alerter
  "checkout" .Values.checkout
  "jobs.poll" .Values.jobs.poll
  "jobs.probe" .Values.jobs.probe
  "migrate" .Values.migrate
  "kafka.embedded" .Values.kafka.embedded
  "database.embedded" .Values.database.embedded
  "simulator" .Values.simulator
  "receivers" .Values.receivers
-}}
{{- range $part, $settings := $parts }}
{{- $limits := $settings.resources.limits | default dict }}
{{- range $resource, $request := $settings.resources.requests }}
{{- $limit := get $limits $resource | default $request }}
{{- if gt (include "payguard.quantity" $request | float64) (include "payguard.quantity" $limit | float64) }}
{{ $part }}.resources.requests.{{ $resource }} {{ $request }} is more than limits.{{ $resource }} {{ $limit }}; raise the limit, or ask for less.
{{- end }}
{{- end }}
{{- end }}
{{- $gateway := .Values.callbackGateway }}
{{- if and $gateway.autoscaling.enabled (not (dig "requests" "cpu" "" $gateway.resources)) (not (dig "limits" "cpu" "" $gateway.resources)) }}
callbackGateway.resources.requests has no cpu while autoscaling.enabled is true, so that there is nothing to scale by; give it, or turn autoscaling off.
{{- end }}
{{- end -}}

{{/* Takes "512Mi", "250m" or a number: what it is in bytes or cores. The schema has seen its shape. */}}
{{- define "payguard.quantity" -}}
{{- $factors := dict "" 1 "m" 0.001
  "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "P" 1e15
  "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 "Pi" 1125899906842624
-}}
{{- $text := toJson . | trimAll "\"" -}}
{{- mulf (regexFind "^[0-9.]+" $text) (get $factors (regexFind "[A-Za-z]*$" $text)) | printf "%f" -}}
{{- end -}}
