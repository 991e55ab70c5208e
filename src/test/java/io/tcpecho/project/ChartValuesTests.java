package io.tcpecho.project;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.Yaml;
import tools.jackson.core.JsonPointer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import org.springframework.core.io.ClassPathResource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * The chart's values: what is refused and how, and that the file of values, its schema
 * and the chart's README speak of the same.
 */
@Execution(ExecutionMode.CONCURRENT)
class ChartValuesTests {

	private static final JsonMapper JSON = JsonMapper.shared();

	private static final String METADATA = "META-INF/spring-configuration-metadata.json";

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '"',
			textBlock = """
					replica: 3                                  | additional properties 'replica' not allowed
					enabled: false                              | enabled is for a chart that has this one as a dependency
					image: {registry: x}                        | 'registry' not allowed
					image: {repository: Upper/Case}             | at '/image/repository': 'Upper/Case' does not match pattern
					image: {repository: 'a/b:tag'}              | at '/image/repository': 'a/b:tag' does not match pattern
					image: {tag: 'a:b'}                         | at '/image/tag': 'a:b' does not match pattern
					image: {tag: x-}                             | at '/image/tag': 'x-' does not match pattern
					image: {digest: 0123}                       | at '/image/digest'
					image: {pullPolicy: Sometimes}              | at '/image/pullPolicy': value must be one of 'Always', 'IfNotPresent', 'Never'
					image: {pullSecrets: [registry]}            | at '/image/pullSecrets/0': got string, want object
					nameOverride: Echo                          | at '/nameOverride': 'Echo' does not match pattern
					fullnameOverride: -echo                     | at '/fullnameOverride': '-echo' does not match pattern
					config: {ech: {}}                           | at '/config': additional properties 'ech' not allowed
					config: {echo: {drainTimeout: 5s}}          | at '/config/echo': additional properties 'drainTimeout' not allowed
					config: {echo: {address: 127.0.0.1}}        | at '/config/echo': additional properties 'address' not allowed
					config: {echo: {port: 7}}                   | at '/config/echo/port': minimum: got 7, want 1,024
					config: {echo: {port: 70000}}               | at '/config/echo/port': maximum: got 70,000, want 65,535
					config: {echo: {backlog: 0}}                | at '/config/echo/backlog': minimum: got 0, want 1
					config: {echo: {max-message-size: 100}}     | at '/config/echo/max-message-size': got number, want string
					config: {echo: {max-connections: 0}}        | at '/config/echo/max-connections': minimum: got 0, want 1
					config: {echo: {read-timeout: soon}}        | at '/config/echo/read-timeout': 'soon' does not match pattern
					config: {echo: {drain-timeout: 20}}         | at '/config/echo/drain-timeout': got number, want string
					config: {echo: {drain-timeout: 500ms}}      | at '/config/echo/drain-timeout': '500ms' does not match pattern
					config: {echo: {drain-timeout: 020s}}       | at '/config/echo/drain-timeout': '020s' does not match pattern
					config: {echo: {drain-timeout: 1441m}}      | config.echo.drain-timeout, 1441m, must not be longer than 24 hours
					config: {echo: {read-timeout: 0s}}          | at '/config/echo/read-timeout': '0s' does not match pattern
					config: {echo: {read-timeout: 99ms}}        | at '/config/echo/read-timeout': '99ms' does not match pattern
					config: {echo: {read-timeout: 25h}}         | config.echo.read-timeout, 25h, must not be longer than 24 hours
					config: {echo: {linger: {timeout: 1441m}}}  | config.echo.linger.timeout, 1441m, must not be longer than 24 hours
					config: {echo: {max-message-size: 32KB}}    | config.echo.max-message-size, 32KB, must not be more than 16KB
					config: {echo: {max-message-size: 16385B}}  | config.echo.max-message-size, 16385B, must not be more than 16KB
					config: {echo: {max-message-size: 0B}}      | at '/config/echo/max-message-size': '0B' does not match pattern
					config: {server: {servlet: {}}}             | at '/config/server': additional properties 'servlet' not allowed
					config: {logging: {levels: {root: debug}}}  | at '/config/logging': additional properties 'levels' not allowed
					config: {logging: {level: {root: verbose}}} | at '/config/logging/level/root': 'verbose' does not match pattern
					config: {logging: {level: {io: {tcpecho: 1}}}} | at '/config/logging/level/io/tcpecho': got number, want
					config: {logging: {structured: {format: {console: json}}}} | at '/config/logging/structured/format/console': value must be one of 'ecs', 'gelf', 'logstash'
					metrics: {rules: {enabled: true}}           | metrics.rules.enabled needs metrics.podMonitor.enabled
					config: {echo: {linger: {timeout: 1}}}      | at '/config/echo/linger/timeout': got number, want string
					config: {echo: {linger: {max-bytes: 1x}}}   | at '/config/echo/linger/max-bytes': '1x' does not match pattern
					config: {server: {port: 80}}                | at '/config/server/port': minimum: got 80, want 1,024
					config: {echo: {port: 8080}}                | config.echo.port and config.server.port must differ
					env: [{value: x}]                           | at '/env/0': missing property 'name'
					config: {echo: {identity: {node: a}}}       | at '/config/echo': additional properties 'identity' not allowed
					config: {echo: {listeners: 2}}              | at '/config/echo': additional properties 'listeners' not allowed
					config: {echo: {reply: echo}}               | at '/config/echo/reply': value must be one of 'message', 'identity'
					config: {echo: {proxy-protocol: v2}}        | at '/config/echo/proxy-protocol': value must be one of 'off', 'required'
					replicas: -1                                | at '/replicas': minimum: got -1, want 0
					autoscaling: {minReplicas: 0}               | at '/autoscaling/minReplicas': minimum: got 0, want 1
					autoscaling: {enabled: true, minReplicas: 11} | autoscaling.minReplicas must not be greater than autoscaling.maxReplicas
					podDisruptionBudget: {maxUnavailable: 0}    | at '/podDisruptionBudget/maxUnavailable'
					podDisruptionBudget: {maxUnavailable: 0%}   | at '/podDisruptionBudget/maxUnavailable'
					preStopSleepSeconds: -5                     | at '/preStopSleepSeconds': minimum: got -5, want 0
					service: {type: ExternalName}               | at '/service/type': value must be one of 'ClusterIP', 'NodePort', 'LoadBalancer'
					service: {port: 0}                          | at '/service/port': minimum: got 0, want 1
					service: {ipFamilies: [IPv5]}               | at '/service/ipFamilies/0': value must be one of 'IPv4', 'IPv6'
					service: {externalTrafficPolicy: local}     | at '/service/externalTrafficPolicy': value must be one of '', 'Cluster', 'Local'
					service: {trafficDistribution: Close}       | at '/service/trafficDistribution': value must be one of
					service: {ipFamilyPolicy: Dual}             | at '/service/ipFamilyPolicy': value must be one of
					service: {loadBalancerSourceRanges: [all]}  | at '/service/loadBalancerSourceRanges/0': 'all' does not match pattern
					service: {annotations: {a: 1}}              | at '/service/annotations/a': got number, want string
					service: {nodePort: 30000}                  | service.nodePort needs service.type NodePort or LoadBalancer
					service: {type: NodePort, nodePort: 80}     | at '/service/nodePort': minimum: got 80, want 1,024
					healthService: {type: NodePort, nodePort: 443} | at '/healthService/nodePort': minimum: got 443, want 1,024
					{service: {type: NodePort, nodePort: 30007}, healthService: {enabled: true, type: NodePort, nodePort: 30007}} | service.nodePort and healthService.nodePort must differ
					service: {sessionAffinity: Cookie}          | at '/service/sessionAffinity': value must be one of 'None', 'ClientIP'
					service: {sessionAffinityTimeoutSeconds: 60} | service.sessionAffinityTimeoutSeconds needs service.sessionAffinity ClientIP
					service: {sessionAffinity: ClientIP, sessionAffinityTimeoutSeconds: 86401} | at '/service/sessionAffinityTimeoutSeconds': maximum: got 86,401, want 86,400
					service: {externalTrafficPolicy: Local}     | service.externalTrafficPolicy needs service.type NodePort or LoadBalancer
					service: {type: NodePort, loadBalancerClass: x} | service.loadBalancerClass needs service.type LoadBalancer
					service: {loadBalancerSourceRanges: [192.0.2.0/24]} | service.loadBalancerSourceRanges needs service.type LoadBalancer
					service: {ipFamilies: [IPv4, IPv6]}         | service.ipFamilies with two families needs service.ipFamilyPolicy
					tcpRoute: {enabled: true}                   | tcpRoute.parentRefs must name a Gateway when tcpRoute.enabled is true
					tls: {secretName: Echo}                     | at '/tls/secretName': 'Echo' does not match pattern
					tls: {secretName: echo-tls, clientAuth: on} | at '/tls/clientAuth': value must be one of 'none', 'want', 'need'
					tls: {clientAuth: need}                     | tls.clientAuth needs tls.secretName, a Secret that has ca.crt, too
					tls: {secret: echo-tls}                     | at '/tls': additional properties 'secret' not allowed
					{tls: {secretName: echo-tls}, config: {echo: {ssl: {bundle: mine}}}} | tls.secretName makes config.echo.ssl and config.spring.ssl.bundle.pem.echo
					{tls: {secretName: echo-tls}, config: {spring: {ssl: {bundle: {pem: {echo: {reload-on-update: false}}}}}}} | tls.secretName makes config.echo.ssl
					{tls: {secretName: echo-tls}, extraVolumes: [{name: tls, emptyDir: {}}]} | extraVolumes must not have tls: there is one of that name
					config: {echo: {ssl: {client-auth: true}}}  | at '/config/echo/ssl/client-auth': value must be one of 'none', 'want', 'need'
					config: {echo: {ssl: {client-auth: want}}}  | config.echo.ssl.client-auth needs config.echo.ssl.bundle
					config: {spring: {ssl: {bundles: {}}}}      | at '/config/spring/ssl': additional properties 'bundles' not allowed
					tlsRoute: {enabled: true, hostnames: [a], parentRefs: [{name: b}]} | tlsRoute.enabled needs tls.secretName
					{tls: {secretName: a}, tlsRoute: {enabled: true, parentRefs: [{name: b}]}} | tlsRoute.hostnames must have a name
					{tls: {secretName: a}, tlsRoute: {enabled: true, hostnames: [a]}} | tlsRoute.parentRefs must name a Gateway
					tlsRoute: {hostnames: ["a.*.example.com"]}  | at '/tlsRoute/hostnames/0': 'a.*.example.com' does not match pattern
					networkPolicy: {clients: everyone}          | at '/networkPolicy/clients': got string, want array
					metrics: {podMonitor: {interval: 30}}       | at '/metrics/podMonitor/interval': got number, want string
					metrics: {runbookUrl: operations.md}        | at '/metrics/runbookUrl': 'operations.md' does not match pattern
					metrics: {rules: {overrides: {TcpEchoDown: {page: true}}}} | at '/metrics/rules/overrides/TcpEchoDown': additional properties 'page' not allowed
					metrics: {rules: {overrides: {TcpEchoDown: {for: 5}}}} | at '/metrics/rules/overrides/TcpEchoDown/for': got number, want string
					metrics: {rules: {overrides: {TcpEchoDown: {severity: 1}}}} | at '/metrics/rules/overrides/TcpEchoDown/severity': got number, want string
					metrics: {rules: {enabled: true, overrides: {EchoDown: {}}}} | metrics.rules.overrides has EchoDown, which rules/tcp-echo.yaml does not
					metrics: {dashboard: {labels: {a: 1}}}      | at '/metrics/dashboard/labels/a': got number, want string
					serviceAccount: {create: false}             | Set serviceAccount.name to one that exists
					podLabels: {a: true}                        | at '/podLabels/a': got boolean, want string
					podLabels: {a b: c}                         | at '/podLabels': additional properties 'a b' not allowed
					podLabels: {a: b c}                         | at '/podLabels/a': 'b c' does not match pattern
					podLabels: {a: null}                        | at '/podLabels/a': got null, want string
					podAnnotations: {a/b/c: d}                  | at '/podAnnotations': additional properties 'a/b/c' not allowed
					nodeSelector: {kubernetes.io/os: -linux}    | at '/nodeSelector/kubernetes.io~1os': '-linux' does not match pattern
					serviceAccount: {name: My_Account}          | at '/serviceAccount/name': 'My_Account' does not match pattern
					priorityClassName: High                     | at '/priorityClassName': 'High' does not match pattern
					service: {loadBalancerClass: a b}           | at '/service/loadBalancerClass': 'a b' does not match pattern
					image: {pullSecrets: [{name: ""}]}          | at '/image/pullSecrets/0/name': minLength: got 0, want 1
					test: {podLabels: {app.kubernetes.io/name: a}} | test.podLabels must not have app.kubernetes.io/name: network policies select the pod by it
					test: {podAnnotations: {helm.sh/hook: a}}   | test.podAnnotations must not have helm.sh/hook: it is the chart's own
					podLabels: {app.kubernetes.io/name: other}  | podLabels must not have app.kubernetes.io/name: Services and policies select the pods by it
					podLabels: {app.kubernetes.io/instance: a}  | podLabels must not have app.kubernetes.io/instance
					commonLabels: {app.kubernetes.io/version: "2"} | commonLabels must not have app.kubernetes.io/version: it is the chart's own
					commonLabels: {a: 1}                        | at '/commonLabels/a': got number, want string
					podSecurityContext: {runAsUser: 0}          | at '/podSecurityContext/runAsUser': minimum: got 0, want 1
					podSecurityContext: {runAsNonRoot: false}   | at '/podSecurityContext': additional properties 'runAsNonRoot' not allowed
					resources: lots                             | at '/resources': got string, want object
					resources: {limits: lots}                   | at '/resources/limits': got string, want object
					resources: {limits: {memory: lots}}         | at '/resources/limits/memory': 'lots' does not match pattern
					resources: {limits: {memory: 256MB}}        | at '/resources/limits/memory': '256MB' does not match pattern
					resources: {limits: {cpu: one}}             | at '/resources/limits/cpu': 'one' does not match pattern
					resources: {limit: {memory: 256Mi}}         | at '/resources': additional properties 'limit' not allowed
					resources: {limits: {memory: 200Mi}}        | resources.requests.memory, 256Mi, must not be greater than resources.limits.memory, 200Mi
					resources: {requests: {cpu: 1500m}, limits: {cpu: 1}} | resources.requests.cpu, 1500m, must not be greater than resources.limits.cpu, 1
					resources: {requests: {memory: 128Mi}, limits: {memory: 128Mi}} | resources.limits.memory, 128Mi, must be at least 160Mi: with less the JVM is killed while it starts
					resources: {requests: {memory: 1k}, limits: {memory: 160M}} | resources.limits.memory, 160M, must be at least 160Mi
					resources: {requests: {ephemeral-storage: 1Gi}} | resources.requests.ephemeral-storage, 1Gi, must not be greater than
					probes: {liveness: {periodSeconds: 0}}      | at '/probes/liveness/periodSeconds': minimum: got 0, want 1
					probes: {liveness: {httpGet: {}}}           | at '/probes/liveness': additional properties 'httpGet' not allowed
					revisionHistoryLimit: -1                    | at '/revisionHistoryLimit': minimum: got -1, want 0
					env: [{name: A, value: 5}]                  | at '/env/0/value': got number, want string
					env: [{name: "A B", value: a}]              | at '/env/0/name': 'A B' does not match pattern
					env: [{name: A, value: a}, {name: A, value: b}] | env must not have A: there is one of that name
					env: [{name: A, valu: "5"}]                 | at '/env/0': additional properties 'valu' not allowed
					{autoscaling: {enabled: true}, replicas: 3} | replicas has no meaning with autoscaling.enabled: set autoscaling.minReplicas
					{autoscaling: {enabled: true}, resources: {requests: {cpu: null}}} | autoscaling.enabled needs resources.requests.cpu
					healthService: {type: LoadBalancer}         | at '/healthService/type': value must be one of 'ClusterIP', 'NodePort'
					healthService: {nodePort: 30080}            | healthService.nodePort needs healthService.type NodePort
					extraVolumes: {name: trust}                 | at '/extraVolumes': got object, want array
					extraVolumes: [{emptyDir: {}}]              | at '/extraVolumes/0': missing property 'name'
					extraVolumes: [{name: tmp, emptyDir: {}}]   | extraVolumes must not have tmp: there is one of that name
					extraVolumes: [{name: a, emptyDir: {}}, {name: a, emptyDir: {}}] | extraVolumes must not have a: there is one of that name
					extraVolumeMounts: [{name: trust, mountPath: /trust}] | extraVolumeMounts has trust, which extraVolumes does not
					extraVolumes: [{name: My_Volume}]           | at '/extraVolumes/0/name': 'My_Volume' does not match pattern
					extraVolumeMounts: [{name: tmp}]            | at '/extraVolumeMounts/0': missing property 'mountPath'
					extraVolumeMounts: [{name: tmp, mountPath: /tmp/}] | extraVolumeMounts must not have /tmp: there is one of that mountPath
					extraContainers: [{image: sidecar}]         | at '/extraContainers/0': missing property 'name'
					extraContainers: [{name: tcp-echo}]         | extraContainers must not have tcp-echo: there is one of that name
					extraContainers: [{name: a}, {name: a}]     | extraContainers must not have a: there is one of that name
					""")
	void aBadValueIsRefusedByItsName(String values, String message) {
		assertThatIllegalStateException().isThrownBy(() -> Chart.render(values)).withMessageContaining(message);
	}

	@ParameterizedTest
	@ValueSource(strings = { "management: {server: {port: 1}}", "management: {endpoints: {web: {base-path: /x}}}",
			"management: {endpoints: {web: {basePath: /x}}}", "management: {endpoints.web.base_path: /x}",
			"management.endpoints.web.base-path: /x", "management: {endpoints: {web: {path-mapping: {health: x}}}}",
			"management: {endpoints: {web: {pathMapping: {prometheus: x}}}}",
			"management: {endpoints: {web: {exposure: {include: [health]}}}}",
			"management: {endpoints: {web: {exposure: {exclude: prometheus}}}}",
			"management: {endpoint: {prometheus: {access: none}}}", "server: {servlet: {context-path: /x}}",
			"server: {servlet: {contextPath: /x}}", "server.servlet.context-path: /x", "server: {ssl: {bundle: echo}}",
			"server: {address: 127.0.0.1}", "spring: {mvc: {servlet: {path: /x}}}",
			"spring: {main: {web-application-type: none}}", "spring: {main: {lazyInitialization: true}}" })
	void whatWouldMoveActuatorFromWhereItIsProbedIsRefused(String setting) {
		assertThatIllegalStateException().isThrownBy(() -> Chart.render("config: {%s}".formatted(setting)))
			.withMessageContaining("at '/config")
			.withMessageContaining("not allowed");
	}

	@ParameterizedTest
	@ValueSource(strings = { "SERVER_SSL_BUNDLE", "SERVER_PORT", "server.port", "Server_Servlet_ContextPath",
			"MANAGEMENT_SERVER_PORT", "MANAGEMENT_ENDPOINTS_WEB_BASEPATH", "MANAGEMENT_ENDPOINTS_WEB_BASE_PATH",
			"management.endpoints.web.path-mapping.health", "SPRING_MVC_SERVLET_PATH", "SPRING_APPLICATION_JSON",
			"SPRING_PROFILES_ACTIVE", "LOGGING_LEVEL_ROOT", "ECHO_ADDRESS", "ECHO_IDENTITY_NODE", "ECHO_READ_TIMEOUT" })
	void noSettingCanBeHiddenInTheEnvironment(String variable) {
		assertThatIllegalStateException()
			.isThrownBy(() -> Chart.render("env: [{name: %s, value: x}]".formatted(variable)))
			.withMessageContaining(
					"env must not have %s: settings of the application belong in config".formatted(variable));
	}

	@Test
	void theImageIsRequired() {
		assertThatIllegalStateException().isThrownBy(() -> Chart.render("image: {repository: null}"))
			.withMessageContaining("Set image.repository to where you have pushed the image");
	}

	@Test
	void aNullIsAsIfTheValueWereLeftOutOrIsRefusedByItsName() {
		Map<String, String> defaults = defaults();
		Set<String> values = new TreeSet<>(defaults.keySet());
		for (String value : defaults.keySet()) {
			for (int end = value.indexOf('.'); end >= 0; end = value.indexOf('.', end + 1)) {
				values.add(value.substring(0, end));
			}
		}
		values.remove("image.repository");
		assertThat(values).contains("service", "service.port", "service.ipFamilies").allSatisfy((value) -> {
			String outcome = outcome(value, "null");
			String empty = defaults.getOrDefault(value, "a section");
			if (List.of("\"\"", "0", "false", "[]", "{}").contains(empty)) {
				assertThat(outcome).isEqualTo(outcome(value, empty));
			}
			else {
				assertThat(outcome)
					.containsPattern("at '.*': missing property '%s'".formatted(value.replaceFirst(".*\\.", "")));
			}
		});
	}

	/** What Helm makes of everything but for one value, or says of it. */
	private static String outcome(String name, String value) {
		ObjectNode values = JSON.valueToTree(new Yaml().load(Chart.everythingOn()));
		JsonPointer path = JsonPointer.compile("/" + name.replace('.', '/'));
		values.withObject(path.head()).set(path.last().getMatchingProperty(), JSON.readTree(value));
		try {
			return Chart.manifest(Chart.KUBERNETES, values.toString());
		}
		catch (IllegalStateException ex) {
			return ex.getMessage();
		}
	}

	@Test
	void theSchemaIsClosed() throws IOException {
		List<String> open = new ArrayList<>();
		collectOpen(schema(), "", open);
		assertThat(open).as("objects that take any property, because they are not ours")
			.containsExactlyInAnyOrder("/global", "/env[]/valueFrom", "/autoscaling/behavior", "/affinity",
					"/objects[]", "/namedObjects[]");
	}

	@Test
	void theSchemaHasTheSettingsOfTheApplication() throws IOException {
		assertThat(leaves(schema().at("/properties/config/properties/echo"), "echo"))
			.containsExactlyInAnyOrderElementsOf(
					settings().stream().map((property) -> property.at("/name").asString()).toList());
	}

	/** Those that {@code config} takes, as the application describes them. */
	private static List<JsonNode> settings() throws IOException {
		JsonNode metadata = JSON.readTree(new ClassPathResource(METADATA).getContentAsByteArray());
		return metadata.at("/properties")
			.valueStream()
			.filter((property) -> property.at("/name").asString().matches("echo\\.(?!address|identity\\.).*"))
			.toList();
	}

	@Test
	void theSchemaTakesTheDefaultsOfTheApplication() throws IOException {
		ObjectNode echo = JSON.createObjectNode();
		settings().forEach((property) -> {
			String[] path = property.at("/name").asString().split("\\.", -1);
			ObjectNode parent = (path.length > 2) ? echo.withObject("/" + path[1]) : echo;
			parent.set(path[path.length - 1], property.at("/defaultValue"));
		});
		String values = "config: {echo: %s}".formatted(echo);
		assertThatNoException().as(values).isThrownBy(() -> Chart.render(values));
	}

	/** Written out, or a slip in the list would be a setting that nothing reads. */
	@ParameterizedTest
	@ValueSource(strings = { "logging", "management", "server", "spring" })
	void theSchemaHasNoSettingThatSpringBootHasNot(String prefix) throws IOException {
		Set<String> known = new HashSet<>();
		for (URL metadata : Collections.list(getClass().getClassLoader().getResources(METADATA))) {
			try (InputStream file = metadata.openStream()) {
				JSON.readTree(file).at("/properties").forEach((setting) -> known.add(setting.at("/name").asString()));
			}
		}
		assertThat(leaves(schema().at("/properties/config/properties/" + prefix), prefix)).isNotEmpty()
			.allMatch(known::contains);
	}

	@Test
	void everyValueIsInTheSchemaWithADescription() throws IOException {
		JsonNode schema = schema();
		assertThat(defaults().keySet()).allSatisfy((name) -> {
			JsonNode property = schema.at("/properties/" + name.replace(".", "/properties/"));
			assertThat(property.at("/description").asString("")).as(name).isNotEmpty();
		});
	}

	@Test
	void everyValueIsInTheReadmeWithItsDefault() throws IOException {
		Map<String, String> listed = Pattern.compile("^\\| `([^`]+)` \\| `([^`]*)` \\| \\S", Pattern.MULTILINE)
			.matcher(Files.readString(Chart.DIRECTORY.resolve("README.md")))
			.results()
			.collect(Collectors.toMap((row) -> row.group(1), (row) -> row.group(2)));
		assertThat(listed).containsExactlyInAnyOrderEntriesOf(defaults());
	}

	@Test
	void theExamplesOfTheReadmeAreTaken() throws IOException {
		assertThat(Pattern.compile("^```yaml\n(.*?)^```", Pattern.MULTILINE | Pattern.DOTALL)
			.matcher(Files.readString(Chart.DIRECTORY.resolve("README.md")))
			.results()
			.map((example) -> example.group(1))).isNotEmpty()
			.allSatisfy(
					(example) -> assertThat(Chart.manifest(Chart.KUBERNETES, example)).contains("kind: Deployment"));
	}

	@Test
	void theFileOfValuesStaysReadable() throws IOException {
		assertThat(Files.readAllLines(Chart.DIRECTORY.resolve("values.yaml"))).hasSizeLessThan(200);
	}

	private static JsonNode schema() throws IOException {
		return JSON.readTree(Files.readString(Chart.DIRECTORY.resolve("values.schema.json")));
	}

	/** Every value that has no values below it, by its path, with its default as JSON. */
	private static Map<String, String> defaults() {
		Map<String, String> defaults = new TreeMap<>();
		flatten(JSON.valueToTree(Chart.read("values.yaml")), "", defaults);
		return defaults;
	}

	private static void flatten(JsonNode node, String path, Map<String, String> defaults) {
		// Each of these is one value for whoever sets it.
		if (node.isObject() && !node.isEmpty() && !path.equals("resources") && !path.startsWith("probes.")
				&& !path.equals("metrics.dashboard.labels")) {
			node.properties()
				.forEach((property) -> flatten(property.getValue(),
						path.isEmpty() ? property.getKey() : path + "." + property.getKey(), defaults));
		}
		else {
			defaults.put(path, node.toString());
		}
	}

	private static List<String> leaves(JsonNode schema, String path) throws IOException {
		if (schema.has("$ref")) {
			return leaves(schema().at(schema.at("/$ref").asString().substring(1)), path);
		}
		if (!schema.has("properties")) {
			return List.of(path);
		}
		List<String> leaves = new ArrayList<>();
		for (Map.Entry<String, JsonNode> property : schema.at("/properties").properties()) {
			leaves.addAll(leaves(property.getValue(), path + "." + property.getKey()));
		}
		return leaves;
	}

	private static void collectOpen(JsonNode schema, String path, List<String> open) {
		if (schema.at("/type").asString("").equals("object") && !schema.has("additionalProperties")) {
			open.add(path);
		}
		for (String children : List.of("properties", "definitions")) {
			schema.path(children)
				.properties()
				.forEach((child) -> collectOpen(child.getValue(), path + "/" + child.getKey(), open));
		}
		if (schema.has("items")) {
			collectOpen(schema.path("items"), path + "[]", open);
		}
	}

}
