{{/* alerts.yaml (docs/alerts-file.md): the values', or with receivers and no words of your own every channel to them. */}}
{{- define "payguard.alertsFile" -}}
{{- if or .Values.alerter.config (not .Values.receivers.enabled) -}}
{{- toYaml .Values.alerter.config -}}
{{- else -}}
{{- tpl (.Files.Get "files/development/alerts.yaml") . -}}
{{- end -}}
{{- end -}}
