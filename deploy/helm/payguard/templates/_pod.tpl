{{/*
What every pod is made of. A part says in a few words what it may touch, and gets that and no more:
  "files"     which of the mounted files below
  "kafka"     as which user of kafka.users it speaks with the brokers; left out: not at all
  "database"  as which user of database.users it speaks with the database; left out: not at all
  "passwords" of which database users it must know the password to give it to them
  "wechatpay" whether it asks WeChat Pay
  "env"       what else it is told
*/}}

{{/*
Of every pod. None speaks with the API server, and none needs the variables of other Services. "settings" may say where a
service's pods run instead of the others.
*/}}
{{- define "payguard.podDefaults" -}}
serviceAccountName: {{ include "payguard.serviceAccountName" . }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with include "payguard.imagePullSecrets" .root }}
{{ . }}
{{- end }}
{{- $own := default dict .settings }}
{{- with default .root.Values.scheduling.nodeSelector $own.nodeSelector }}
nodeSelector: {{ toJson . }}
{{- end }}
{{- with default .root.Values.scheduling.tolerations $own.tolerations }}
tolerations: {{ toJson . }}
{{- end }}
{{- with .root.Values.scheduling.priorityClassName }}
priorityClassName: {{ . }}
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
