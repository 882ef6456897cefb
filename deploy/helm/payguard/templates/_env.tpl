{{/* What a part is told by variables: where the servers are, as whom it comes, where its files lie (_pod.tpl). */}}

{{- define "payguard.kafkaBrokers" -}}
{{- if .Values.kafka.embedded.enabled -}}
{{ include "payguard.fullname" . }}-kafka:9092
{{- else -}}
{{ join "," .Values.kafka.brokers }}
{{- end -}}
{{- end -}}

{{- define "payguard.kafkaEnv" -}}
{{- $kafka := .root.Values.kafka -}}
- name: KAFKA_BROKERS
  value: {{ include "payguard.kafkaBrokers" .root | quote }}
{{- if not $kafka.embedded.enabled }}
- name: KAFKA_SSL
  value: {{ $kafka.tls | quote }}
{{- with $kafka.sasl.mechanism }}
- name: KAFKA_SASL_MECHANISM
  value: {{ . | quote }}
- name: KAFKA_SASL_USERNAME
  value: {{ get $kafka.sasl.users $.user | quote }}
- name: KAFKA_SASL_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ $kafka.sasl.existingSecret | quote }}
      key: {{ $.user }}-password
{{- end }}
{{- end }}
{{- end -}}

{{/* Takes $. Where the passwords of all database users lie. */}}
{{- define "payguard.databaseSecret" -}}
{{- if .Values.database.embedded.enabled -}}
{{ include "payguard.fullname" . }}-mariadb
{{- else -}}
{{ .Values.database.existingSecret }}
{{- end -}}
{{- end -}}

{{/* The password stands first: the kubelet puts into a variable only what stands before it. */}}
{{- define "payguard.databaseEnv" -}}
{{- $database := .root.Values.database -}}
{{- $host := printf "%s:%v" $database.host $database.port -}}
{{- if $database.embedded.enabled -}}
{{-   $host = printf "%s-mariadb:3306" (include "payguard.fullname" .root) -}}
{{- end -}}
{{- $query := ternary "?ssl=true" "" (and $database.tls (not $database.embedded.enabled)) -}}
- name: DATABASE_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ include "payguard.databaseSecret" .root | quote }}
      key: {{ .user }}-password
- name: DATABASE_URL
  value: mysql://{{ get $database.users .user }}:$(DATABASE_PASSWORD)@{{ $host }}/{{ $database.name }}{{ $query }}
{{- end -}}

{{- define "payguard.wechatpayEnv" -}}
{{- if .Values.simulator.enabled -}}
- name: WECHATPAY_API_URLS
  value: http://{{ include "payguard.fullname" . }}-simulator
- name: ALLOW_LOCAL_NOTIFY_URL
  value: "true"
{{- else if .Values.wechatpay.apiUrls -}}
- name: WECHATPAY_API_URLS
  value: {{ join "," .Values.wechatpay.apiUrls | quote }}
{{- end -}}
{{- end -}}

{{- define "payguard.env" -}}
- name: LOG_LEVEL
  value: {{ .root.Values.logLevel | quote }}
{{- with .root.Values.trustedCa.existingSecret }}
- name: NODE_EXTRA_CA_CERTS
  value: /etc/payguard/ca/ca.crt
{{- end }}
{{- with .root.Values.tracing.endpoint }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ . | quote }}
- name: OTEL_TRACES_SAMPLER_ARG
  value: {{ $.root.Values.tracing.ratio | quote }}
{{- end }}
{{- with .kafka }}
{{ include "payguard.kafkaEnv" (dict "root" $.root "user" .) }}
{{- end }}
{{- with .database }}
{{ include "payguard.databaseEnv" (dict "root" $.root "user" .) }}
{{- end }}
{{- range .passwords }}
- name: PAYGUARD_PASSWORD_{{ upper . }}
  valueFrom:
    secretKeyRef:
      name: {{ include "payguard.databaseSecret" $.root | quote }}
      key: {{ . }}-password
{{- end }}
{{- if .wechatpay }}
{{- with include "payguard.wechatpayEnv" .root }}
{{ . }}
{{- end }}
{{- end }}
{{- if has "merchants" .files }}
- name: MERCHANTS_FILE
  value: /etc/payguard/merchants/merchants.yaml
{{- end }}
{{- range $name, $value := .env }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end -}}
