{{/* (dict "root" $ "switch" true | false | "auto"): "true" or nothing; auto asks for the Prometheus Operator's kinds. */}}
{{- define "payguard.monitoring.isOn" -}}
{{- if eq (toString .switch) "auto" -}}
{{-   if .root.Capabilities.APIVersions.Has "monitoring.coreos.com/v1" -}}true{{- end -}}
{{- else if eq (toString .switch) "true" -}}true{{- end -}}
{{- end -}}

{{/* Takes $. Ours, and those by which a Prometheus finds what it is to read. */}}
{{- define "payguard.monitoring.labels" -}}
{{- $ours := include "payguard.labels" (dict "root" . "component" "monitoring") | fromYaml -}}
{{ mergeOverwrite $ours .Values.monitoring.labels | toYaml }}
{{- end -}}

{{/*
Takes $. The value of each `${name}` of the rules, as JSON of texts; packages/alert-rules (alert-values.ts) says the same.
toJson writes a number as JavaScript does: 1000000 where `toString` says 1e+06.
*/}}
{{- define "payguard.monitoring.alertValues" -}}
{{- $alerts := .Values.alerts -}}
{{- $texts := dict "runbookBaseUrl" $alerts.runbookBaseUrl "dashboardBaseUrl" $alerts.dashboardBaseUrl -}}
{{- range $name, $threshold := $alerts.thresholds -}}
{{-   $_ := set $texts $name (toJson $threshold) -}}
{{- end -}}
{{- range $name, $window := $alerts.windows -}}
{{-   $_ := set $texts $name $window -}}
{{- end -}}
{{ toJson $texts }}
{{- end -}}

{{/* Takes $. All of files/rules with their values, as {"groups": […]} in JSON; packages/alert-rules renders the same. */}}
{{- define "payguard.monitoring.allRules" -}}
{{- $values := include "payguard.monitoring.alertValues" . | fromJson -}}
{{- $groups := list -}}
{{- range $path, $_ := .Files.Glob "files/rules/*.yaml" -}}
{{-   $text := $.Files.Get $path -}}
{{-   range $name, $value := $values -}}
{{-     $text = replace (printf "${%s}" $name) $value $text -}}
{{-   end -}}
{{-   with regexFind "\\$\\{\\w+\\}" $text -}}
{{-     fail (printf "%s names %s, which has no value: add it to alerts.thresholds or alerts.windows." $path .) -}}
{{-   end -}}
{{-   $file := fromYaml $text -}}
{{-   with $file.Error -}}
{{-     fail (printf "%s is not YAML once its values are filled in (%s): look at alerts in the values." $path .) -}}
{{-   end -}}
{{-   $groups = concat $groups $file.groups -}}
{{- end -}}
{{ dict "groups" $groups | toJson }}
{{- end -}}

{{/* Takes $. Those that this installation wants, as YAML. What is not installed cannot be absent. */}}
{{- define "payguard.monitoring.rules" -}}
{{- $all := (include "payguard.monitoring.allRules" . | fromJson).groups -}}
{{- $unwanted := concat .Values.alerts.disabled (ternary list (list "PayguardCheckoutAbsent") .Values.checkout.enabled) -}}
{{- $groups := list -}}
{{- range $all -}}
{{-   $rules := list -}}
{{-   range .rules -}}
{{-     if not (has (default "" .alert) $unwanted) -}}{{- $rules = append $rules . -}}{{- end -}}
{{-   end -}}
{{-   $groups = append $groups (dict "name" .name "rules" $rules) -}}
{{- end -}}
{{ dict "groups" $groups | toYaml }}
{{- end -}}
