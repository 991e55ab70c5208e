{{- define "tcp-echo.name" -}}
{{- .Values.nameOverride | default .Chart.Name }}
{{- end }}

{{- /* 56 characters: a test's or a pod's suffix must fit the 63 of a DNS label, too. */ -}}
{{- define "tcp-echo.fullname" -}}
{{- $name := include "tcp-echo.name" . }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 56 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 56 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 56 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- /* Never anything that changes with a version: a Deployment's selector is immutable. */ -}}
{{- define "tcp-echo.selectorLabels" -}}
app.kubernetes.io/name: {{ include "tcp-echo.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "tcp-echo.labels" -}}
{{ include "tcp-echo.selectorLabels" . }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "tcp-echo.podLabels" -}}
{{ include "tcp-echo.selectorLabels" . }}
{{- with merge (dict) (.Values.podLabels | default dict) (.Values.commonLabels | default dict) }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* Other than the service's, or the test's pod would be an endpoint of what it tests. */ -}}
{{- define "tcp-echo.testLabels" -}}
app.kubernetes.io/name: {{ include "tcp-echo.name" . }}-test
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "tcp-echo.testPodLabels" -}}
{{ include "tcp-echo.testLabels" . }}
{{- with merge (dict) (.Values.test.podLabels | default dict) (.Values.commonLabels | default dict) }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "tcp-echo.image" -}}
{{- $repository := .Values.image.repository }}
{{- if .Values.image.digest }}
{{- printf "%s@%s" $repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" $repository (.Values.image.tag | default .Chart.AppVersion) }}
{{- end }}
{{- end }}

{{- define "tcp-echo.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- .Values.serviceAccount.name | default (include "tcp-echo.fullname" .) }}
{{- else }}
{{- .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- /* With the next one: the restricted Pod Security Standard. The user is the image's; some clusters choose their own. */ -}}
{{- define "tcp-echo.podSecurityContext" -}}
runAsNonRoot: true
seccompProfile:
  type: RuntimeDefault
{{- with .Values.podSecurityContext }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "tcp-echo.securityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop:
    - ALL
{{- end }}

{{- /* Whether the echo port has TLS, by a Secret or by a bundle in config. */ -}}
{{- define "tcp-echo.hasTls" -}}
{{- if or .Values.tls.secretName (dig "ssl" "bundle" "" .Values.config.echo) }}true{{ end }}
{{- end }}

{{- /* What the application is told: config, and of tls a bundle. */ -}}
{{- define "tcp-echo.config" -}}
{{- $config := deepCopy .Values.config }}
{{- with .Values.tls }}
{{- if .secretName }}
{{- $keystore := dict "certificate" "file:/tls/tls.crt" "private-key" "file:/tls/tls.key" }}
{{- $bundle := dict "keystore" $keystore "reload-on-update" true }}
{{- if ne .clientAuth "none" }}
{{- $_ := set $bundle "truststore" (dict "certificate" "file:/tls/ca.crt") }}
{{- end }}
{{- $echo := dict "ssl" (dict "bundle" "echo" "client-auth" .clientAuth) }}
{{- $spring := dict "ssl" (dict "bundle" (dict "pem" (dict "echo" $bundle))) }}
{{- $_ := mergeOverwrite $config (dict "echo" $echo "spring" $spring) }}
{{- end }}
{{- end }}
{{- toJson $config }}
{{- end }}

{{- /* A time of the application, as the schema has them, in seconds. */ -}}
{{- define "tcp-echo.seconds" -}}
{{- mulf (regexFind "^[0-9]+" .) (get (dict "ms" 0.001 "s" 1 "m" 60 "h" 3600) (regexFind "[a-z]+$" .)) }}
{{- end }}

{{- /* The service ends within its drain timeout and 5 s; 5 s more for a busy node. */ -}}
{{- define "tcp-echo.terminationGracePeriodSeconds" -}}
{{- add .Values.preStopSleepSeconds (include "tcp-echo.seconds" (index .Values.config.echo "drain-timeout") | int) 10 }}
{{- end }}
