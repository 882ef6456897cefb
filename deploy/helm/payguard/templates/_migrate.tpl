{{/* What the migrate Job does. Nothing drawn or looked up may stand here: its name is made of it (migrate.yaml). Takes $. */}}
{{- define "payguard.migrateSpec" -}}
{{- $component := dict "root" $ "component" "migrate" -}}
{{- $common := merge (dict "image" "cli" "files" list "resources" .Values.migrate.resources) $component -}}
{{- $users := omit .Values.database.users "admin" -}}
{{- $grants := list "grants" -}}
{{- range $part, $user := $users -}}
{{-   $grants = concat $grants (list "--user" (printf "%s=%s" $part $user)) -}}
{{- end -}}
{{- $migrate := dict "name" "migrate" "args" (include "payguard.migrateArgs" . | fromJsonArray) "database" "admin" -}}
{{- $grants = dict "name" "grants" "args" $grants "database" "admin" "passwords" (keys $users | sortAlpha) -}}
{{- $topics := dict "name" "topics" "args" (include "payguard.topicsArgs" . | fromJsonArray) "kafka" "admin" -}}
backoffLimit: {{ .Values.migrate.backoffLimit }}
activeDeadlineSeconds: {{ .Values.migrate.activeDeadlineSeconds }}
ttlSecondsAfterFinished: {{ .Values.migrate.ttlSecondsAfterFinished }}
podFailurePolicy:
  rules:
    # Refused: wrong values, or data that somebody must look at first. No second try helps.
    - action: FailJob
      onExitCodes: { operator: In, values: [2] }
      # By the description that Kubernetes 1.27 gives of itself it has to be there.
      onPodConditions: []
template:
  metadata:
    labels:
      {{- include "payguard.podLabels" $component | nindent 6 }}
  spec:
    # All steps may be done twice. The pod of a failed try stays, with the sentence that says why.
    restartPolicy: Never
    terminationGracePeriodSeconds: 25
    {{- include "payguard.podDefaults" $component | nindent 4 }}
    initContainers:
      - {{ include "payguard.container" (merge $migrate $common) | indent 8 | trim }}
      {{- if .Values.database.grants.enabled }}
      - {{ include "payguard.container" (merge $grants $common) | indent 8 | trim }}
      {{- end }}
    containers:
      - {{ include "payguard.container" (merge $topics $common) | indent 8 | trim }}
    {{- with include "payguard.volumes" $common }}
    {{- . | nindent 4 }}
    {{- end }}
{{- end -}}

{{/* A server that comes up with everything else is waited for by the step itself: the pauses between two pods double. As JSON. */}}
{{- define "payguard.migrateArgs" -}}
{{- $legacy := .Values.migrate.legacy -}}
{{- $args := list "migrate" "--wait" "120" "--time-zone" .Values.shopTimeZone -}}
{{- with $legacy.mchid -}}
{{-   $args = concat $args (list "--mchid" . "--appid" $legacy.appid) -}}
{{- end -}}
{{- with $legacy.amountColumn -}}
{{-   $args = concat $args (list "--amount-column" . "--amount-unit" $legacy.amountUnit) -}}
{{- end -}}
{{- toJson $args -}}
{{- end -}}

{{- define "payguard.topicsArgs" -}}
{{- $kafka := .Values.kafka -}}
{{- $scale := ternary (dict "partitions" 4 "replicationFactor" 1 "minInsyncReplicas" 1) $kafka.topics $kafka.embedded.enabled -}}
{{- $args := list "topics" "--wait" "120"
  "--partitions" (toString $scale.partitions)
  "--replication-factor" (toString $scale.replicationFactor)
  "--min-insync-replicas" (toString $scale.minInsyncReplicas) -}}
{{- if include "payguard.writesAcls" . -}}
{{-   $principals := list -}}
{{-   range $part, $user := omit $kafka.sasl.users "admin" -}}
{{-     $principals = append $principals (printf "%s=User:%s" (trimPrefix "callback-" $part) $user) -}}
{{-   end -}}
{{-   $args = concat $args (list "--acl-principals" (join "," $principals)) -}}
{{- end -}}
{{- toJson $args -}}
{{- end -}}

{{/* "true" or nothing: whether there are users whom the migrate Job gives their rights. */}}
{{- define "payguard.writesAcls" -}}
{{- with .Values.kafka -}}
{{- if and .acls.enabled .sasl.mechanism (not .embedded.enabled) }}true{{ end -}}
{{- end -}}
{{- end -}}
