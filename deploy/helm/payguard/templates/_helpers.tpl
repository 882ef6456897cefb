{{/* Names, labels, images and security of every object. Most take (dict "root" $ "component" "points"). */}}

{{/* Cut at 38, so that the longest CronJob (<fullname>-certificates) stays within its 52 characters. */}}
{{- define "payguard.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $own := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $own .Values.fullnameOverride | trunc 38 | trimSuffix "-" -}}
{{- end -}}

{{- define "payguard.componentName" -}}
{{ include "payguard.fullname" .root }}-{{ .component }}
{{- end -}}

{{- define "payguard.selectorLabels" -}}
app.kubernetes.io/name: {{ default .root.Chart.Name .root.Values.nameOverride }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "payguard.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "payguard.selectorLabels" . }}
app.kubernetes.io/version: {{ include "payguard.version" .root | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end -}}

{{/* Of a pod that follows payguard's version. Nothing of the chart's own: a release of the chart alone replaces no pod. */}}
{{- define "payguard.podLabels" -}}
{{ include "payguard.selectorLabels" . }}
app.kubernetes.io/version: {{ include "payguard.version" .root | quote }}
{{- end -}}

{{/* Takes $. What runs, as a label may say it. */}}
{{- define "payguard.version" -}}
{{- coalesce .Values.image.tag .Chart.AppVersion | trunc 63 | regexFind "[A-Za-z0-9](.*[A-Za-z0-9])?" -}}
{{- end -}}

{{/* (dict "root" $ "name" "points"): <registry>/<repository>/points:<tag>, or its digest. "tag": another than payguard's own. */}}
{{- define "payguard.image" -}}
{{- $image := .root.Values.image -}}
{{ join "/" (compact (list $image.registry $image.repository .name)) }}
{{- with get $image.digests .name }}@{{ . }}{{ else }}:{{ coalesce .tag $image.tag .root.Chart.AppVersion }}{{ end }}
{{- end -}}

{{/* Takes $. With its key, or nothing at all. */}}
{{- define "payguard.imagePullSecrets" -}}
{{- with .Values.image.pullSecrets -}}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end -}}
{{- end -}}

{{/* Both contexts together are what the restricted Pod Security standard asks for. */}}
{{- define "payguard.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "payguard.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* Each component has its own account (serviceaccounts.yaml makes them all), and none has a token. */}}
{{- define "payguard.serviceAccountName" -}}
{{ include "payguard.componentName" . }}
{{- end -}}
