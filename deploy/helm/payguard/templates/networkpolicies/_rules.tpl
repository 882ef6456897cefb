{{/*
From the table of _edges.tpl to the rules of one pod. Both take (dict "component" … "edges" … "places" …), and give a list.
An empty list of peers would mean everybody to Kubernetes: such a rule is left out, so that it means nobody.
*/}}

{{- define "payguard.ingressRules" -}}
{{- range $edge := .edges }}
{{- if eq .to $.component }}
{{- $peers := list }}
{{- range .from }}
{{-   $peers = concat $peers (include "payguard.networkPlace" (dict "name" . "places" $.places) | fromYaml).peers }}
{{- end }}
{{- with $peers }}
- from: {{ toJson . }}
  ports: {{ (include "payguard.networkPlace" (dict "name" $.component "port" $edge.port "places" $.places) | fromYaml).ports | toJson }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "payguard.egressRules" -}}
{{- range .edges }}
{{- if has $.component .from }}
{{- $place := include "payguard.networkPlace" (dict "name" .to "port" .port "places" $.places) | fromYaml }}
{{- if or $place.peers $place.anywhere }}
- ports: {{ toJson $place.ports }}
  {{- with $place.peers }}
  to: {{ toJson . }}
  {{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* (dict "name" "points" "port" "operations" "places" …): {peers, ports, anywhere}; what is not there has no peers. */}}
{{- define "payguard.networkPlace" -}}
{{- $root := .places.root -}}
{{- if hasKey .places.pods .name -}}
{{-   $own := get .places.pods .name -}}
{{-   $ports := list -}}
{{-   range $name, $port := $own -}}
{{-     if or (not $.port) (eq $name $.port) -}}
{{-       $ports = append $ports (dict "protocol" "TCP" "port" $port) -}}
{{-     end -}}
{{-   end -}}
{{-   $labels := include "payguard.selectorLabels" (dict "root" $root "component" .name) | fromYaml -}}
{{-   dict "peers" (list (dict "podSelector" (dict "matchLabels" $labels))) "ports" $ports | toJson -}}
{{- else -}}
{{-   get .places.outside .name | default (dict "peers" list) | toJson -}}
{{- end -}}
{{- end -}}
