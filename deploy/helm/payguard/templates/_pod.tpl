{{/*
What every pod is made of. A part says in a few words what it may touch, and gets that and no more:
  "files"     which of the mounted files below
  "kafka"     as which user of kafka.users it speaks with the brokers; left out: not at all
  "database"  as which user of database.users it speaks with the database; left out: not at all
  "passwords" of which database users it must know the password to give it to them
  "wechatpay" whether it asks WeChat Pay
  "env"       what else it is told
*/}}

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

{{/* Secrets of the values, or with simulator and receivers the well-known ones of templates/development. */}}
{{- define "payguard.apiKeysSecret" -}}
{{- $development := printf "%s-development-api-key" (include "payguard.fullname" .) -}}
{{ default (ternary $development "" .Values.simulator.enabled) .Values.checkout.apiKeysSecret }}
{{- end -}}

{{- define "payguard.alertSecrets" -}}
{{- $development := printf "%s-development-alerts" (include "payguard.fullname" .) -}}
{{ default (ternary $development "" .Values.receivers.enabled) .Values.alerter.existingSecret }}
{{- end -}}

{{- define "payguard.alertmanagerTokenSecret" -}}
{{- $development := printf "%s-development-alertmanager" (include "payguard.fullname" .) -}}
{{ default (ternary $development "" .Values.receivers.enabled) .Values.alerter.alertmanagerTokenSecret }}
{{- end -}}

{{/*
What of "files" is mounted where, as {files: [{path, volume}]}. A merchant's keys are nested in the folder of
merchants.yaml; the kubelet makes mount points within ConfigMaps and Secrets itself.
*/}}
{{- define "payguard.files" -}}
{{- $fullname := include "payguard.fullname" .root -}}
{{- $merchants := (include "payguard.merchants" .root | fromJson).merchants -}}
files:
{{- if has "merchants" .files }}
  - path: /etc/payguard/merchants
    volume: { name: merchants, configMap: { name: {{ $fullname }}-merchants } }
{{- end }}
{{- if has "verification" .files }}
{{- range $merchants }}
  - path: /etc/payguard/merchants/{{ .mchid }}/verification
    volume: { name: verification-{{ .mchid }}, secret: { secretName: {{ .verificationSecret | quote }}, defaultMode: 0440 } }
{{- end }}
{{- end }}
{{- if has "signing" .files }}
{{- range $merchants }}
  - path: /etc/payguard/merchants/{{ .mchid }}/signing
    volume: { name: signing-{{ .mchid }}, secret: { secretName: {{ .signingSecret | quote }}, defaultMode: 0440 } }
{{- end }}
{{- end }}
{{- if has "api-keys" .files }}
  - path: /etc/payguard/api-keys
    volume:
      name: api-keys
      secret:
        secretName: {{ include "payguard.apiKeysSecret" .root | quote }}
        defaultMode: 0440
        items: [{ key: api-keys.yaml, path: api-keys.yaml }]
{{- end }}
{{- if has "api-key" .files }}
  - path: /etc/payguard/api-key
    volume:
      name: api-key
      secret:
        secretName: {{ include "payguard.apiKeysSecret" .root | quote }}
        defaultMode: 0440
        items: [{ key: api-key, path: api-key }]
{{- end }}
{{- if has "alerts" .files }}
  - path: /etc/payguard/alerts
    volume: { name: alerts, configMap: { name: {{ $fullname }}-alerts } }
{{- with include "payguard.alertSecrets" .root }}
  - path: /etc/payguard/alerts/secrets
    volume: { name: alert-secrets, secret: { secretName: {{ . | quote }}, defaultMode: 0440 } }
{{- end }}
{{- end }}
{{- if has "alertmanager" .files }}
  - path: /etc/payguard/alertmanager
    volume:
      name: alertmanager
      secret:
        secretName: {{ include "payguard.alertmanagerTokenSecret" .root | quote }}
        defaultMode: 0440
        items: [{ key: token, path: token }]
{{- end }}
{{- with .root.Values.trustedCa }}
{{- if .existingSecret }}
  - path: /etc/payguard/ca
    volume:
      name: ca
      secret: { secretName: {{ .existingSecret | quote }}, items: [{ key: {{ .key | quote }}, path: ca.crt }] }
{{- end }}
{{- end }}
{{- end -}}

{{- define "payguard.volumes" -}}
{{- with (include "payguard.files" . | fromYaml).files -}}
volumes:
{{- range . }}
  - {{ toYaml .volume | indent 4 | trim }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "payguard.volumeMounts" -}}
{{- with (include "payguard.files" . | fromYaml).files -}}
volumeMounts:
{{- range . }}
  - name: {{ .volume.name }}
    mountPath: {{ .path }}
    readOnly: true
{{- end }}
{{- end }}
{{- end -}}

{{/* Of every pod. None speaks with the API server, and none needs the variables of other Services. */}}
{{- define "payguard.podDefaults" -}}
serviceAccountName: {{ include "payguard.serviceAccountName" . }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with include "payguard.imagePullSecrets" .root }}
{{ . }}
{{- end }}
securityContext:
  {{- include "payguard.podSecurityContext" . | nindent 2 }}
{{- end -}}

{{/* "name", "image" (and "imageTag", where it is not payguard's), "command", "args", "resources", and what the pod may touch (above): one container. */}}
{{- define "payguard.container" -}}
name: {{ .name }}
image: {{ include "payguard.image" (dict "root" .root "name" .image "tag" .imageTag) }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
{{- with .command }}
command: {{ toJson . }}
{{- end }}
{{- with .args }}
args: {{ toJson . }}
{{- end }}
env:
  {{- include "payguard.env" . | nindent 2 }}
{{- with include "payguard.volumeMounts" . }}
{{ . }}
{{- end }}
resources:
  {{- toYaml .resources | nindent 2 }}
securityContext:
  {{- include "payguard.containerSecurityContext" . | nindent 2 }}
{{- /* What a program said last stands in `kubectl describe pod`, after its pod's logs are gone too. */}}
terminationMessagePolicy: FallbackToLogsOnError
{{- end -}}
