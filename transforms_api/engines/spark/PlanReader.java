import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.spark.sql.catalyst.expressions.Alias;
import org.apache.spark.sql.catalyst.expressions.AttributeReference;
import org.apache.spark.sql.catalyst.expressions.CaseWhen;
import org.apache.spark.sql.catalyst.expressions.Cast;
import org.apache.spark.sql.catalyst.expressions.CreateNamedStruct;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.GetArrayStructFields;
import org.apache.spark.sql.catalyst.expressions.GetStructField;
import org.apache.spark.sql.catalyst.expressions.HigherOrderFunction;
import org.apache.spark.sql.catalyst.expressions.If;
import org.apache.spark.sql.catalyst.expressions.LambdaFunction;
import org.apache.spark.sql.catalyst.expressions.NamedExpression;
import org.apache.spark.sql.catalyst.expressions.NamedLambdaVariable;
import org.apache.spark.sql.catalyst.expressions.OuterReference;
import org.apache.spark.sql.catalyst.expressions.ScalarSubquery;
import org.apache.spark.sql.catalyst.expressions.SubqueryExpression;
import org.apache.spark.sql.catalyst.expressions.WindowExpression;
import org.apache.spark.sql.catalyst.expressions.aggregate.AggregateExpression;
import org.apache.spark.sql.catalyst.plans.logical.Aggregate;
import org.apache.spark.sql.catalyst.plans.logical.AsOfJoin;
import org.apache.spark.sql.catalyst.plans.logical.CTERelationDef;
import org.apache.spark.sql.catalyst.plans.logical.CTERelationRef;
import org.apache.spark.sql.catalyst.plans.logical.Deduplicate;
import org.apache.spark.sql.catalyst.plans.logical.Expand;
import org.apache.spark.sql.catalyst.plans.logical.Filter;
import org.apache.spark.sql.catalyst.plans.logical.Generate;
import org.apache.spark.sql.catalyst.plans.logical.Join;
import org.apache.spark.sql.catalyst.plans.logical.LateralJoin;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.catalyst.plans.logical.Sort;
import org.apache.spark.sql.catalyst.plans.logical.Window;
import org.apache.spark.sql.execution.datasources.HadoopFsRelation;
import org.apache.spark.sql.execution.datasources.LogicalRelation;

/**
 * Describes an analysed plan as JSON, with only what the lineage of columns needs. `column_lineage.py` interprets it.
 *
 * <p>Spark's compiler for generated code (Janino) compiles this file in a session's JVM, so there are no lambdas, and
 * elements of collections are cast. A subplan or expression that occurs several times is described once.
 *
 * <p>A plan is an array of nodes, inputs before the node that reads them, the root last. A node is an array: name,
 * numbers of its inputs in the plan, [expression id, name] of each output column, expressions, and lists of positions
 * in these expressions, which depend on the name. An expression is an array: a letter and positions of earlier
 * expressions (see `describe`); constants are left out.
 */
public final class PlanReader {
    private final StringBuilder plan = new StringBuilder();
    private final Map numbers = new IdentityHashMap();

    private StringBuilder expressions = new StringBuilder();
    private Map positions = new IdentityHashMap();
    private int expressionCount;
    private Map variables = new HashMap(); // id of a lambda's variable: position of what it stands for

    /** Functions whose arguments are the order of their window. */
    private static final Set RANKS = new HashSet(Arrays.asList(new Object[] {"Rank", "DenseRank", "PercentRank"}));

    /** Functions that return one of their arguments, or elements of it, so that a struct keeps its fields. */
    private static final Set CHOOSE_ANY = new HashSet(Arrays.asList(new Object[] {
        "Coalesce", "Concat", "CreateArray", "Greatest", "Least", "ArrayUnion", "NaNvl"
    }));

    /** The same for the first argument; the others affect the value, such as an index or a key. */
    private static final Set CHOOSE_FIRST = new HashSet(Arrays.asList(new Object[] {
        "ElementAt", "GetArrayItem", "GetMapValue", "Slice", "Reverse", "Flatten", "SortArray", "ArrayDistinct",
        "ArrayCompact", "KnownNotNull", "Cast", "First", "Last", "CollectList", "CollectSet", "Explode", "PosExplode",
        "Inline", "Lag", "Lead", "NthValue"
    }));

    /** The same for the only argument; the first fields of a struct decide which one is taken. */
    private static final Set CHOOSE_BY_ORDER = new HashSet(Arrays.asList(new Object[] {
        "Max", "Min", "ArrayMax", "ArrayMin"
    }));

    /** The same for the first argument; the second one decides which value is taken. */
    private static final Set CHOOSE_BY_SECOND = new HashSet(Arrays.asList(new Object[] {"MaxBy", "MinBy"}));

    /** Returns the description of a plan. */
    public String read(LogicalPlan root) {
        return new PlanReader().describePlan(root);
    }

    private String describePlan(LogicalPlan root) {
        plan.append('[');
        number(root);
        return plan.append(']').toString();
    }

    /** Returns the number of a node, after its description was added to the plan. */
    private int number(LogicalPlan node) {
        Object known = numbers.get(node);
        if (known != null) {
            return ((Integer) known).intValue();
        }
        StringBuilder inputs = new StringBuilder();
        for (Iterator children = items(node.children()); children.hasNext(); ) {
            separate(inputs).append(number((LogicalPlan) children.next()));
        }
        expressions = new StringBuilder();
        positions = new IdentityHashMap();
        variables = new HashMap();
        expressionCount = 0;
        StringBuilder lists = new StringBuilder();
        addLists(node, lists);
        if (numbers.size() > 0) {
            plan.append(",\n");
        }
        plan.append("[\"").append(node.nodeName()).append("\",[").append(inputs).append("],[");
        StringBuilder output = new StringBuilder();
        for (Iterator columns = items(node.output()); columns.hasNext(); ) {
            NamedExpression column = (NamedExpression) columns.next();
            separate(output).append('[').append(column.exprId().id()).append(',');
            quote(column.name(), output).append(']');
        }
        plan.append(output).append("],[").append(expressions).append("],[").append(lists).append("]]");
        numbers.put(node, Integer.valueOf(numbers.size()));
        return numbers.size() - 1;
    }

    /** Appends the lists of a node, whose meaning depends on its name. */
    private void addLists(LogicalPlan node, StringBuilder lists) {
        if (node instanceof Project) {
            addExpressions(((Project) node).projectList(), lists);
        } else if (node instanceof Aggregate) {
            addExpressions(((Aggregate) node).aggregateExpressions(), lists);
            addExpressions(((Aggregate) node).groupingExpressions(), lists);
        } else if (node instanceof Window) {
            addExpressions(((Window) node).windowExpressions(), lists);
        } else if (node instanceof Filter) {
            addExpression(((Filter) node).condition(), lists);
        } else if (node instanceof Sort) {
            addExpressions(((Sort) node).order(), lists);
        } else if (node instanceof Deduplicate) {
            addExpressions(((Deduplicate) node).keys(), lists);
        } else if (node instanceof Join || node instanceof AsOfJoin) {
            addExpressions(node.expressions(), lists);
        } else if (node instanceof Generate) {
            Expression generator = (Expression) ((Generate) node).generator();
            addExpression(generator, lists);
            quote(generator.getClass().getSimpleName(), separate(lists));
        } else if (node instanceof Expand) {
            for (Iterator rows = items(((Expand) node).projections()); rows.hasNext(); ) {
                addExpressions((scala.collection.Seq) rows.next(), lists);
            }
        } else if (node instanceof LateralJoin) {
            LateralJoin join = (LateralJoin) node;
            separate(lists).append(new PlanReader().describePlan(join.right().plan()));
            if (join.condition().isDefined()) {
                addExpression((Expression) join.condition().get(), lists);
            }
        } else if (node instanceof CTERelationDef) {
            separate(lists).append(((CTERelationDef) node).id());
        } else if (node instanceof CTERelationRef) {
            separate(lists).append(((CTERelationRef) node).cteId());
        } else if (node instanceof LogicalRelation) {
            addFolder((LogicalRelation) node, lists);
        }
    }

    private void addFolder(LogicalRelation leaf, StringBuilder lists) {
        if (leaf.relation() instanceof HadoopFsRelation) {
            Iterator paths = items(((HadoopFsRelation) leaf.relation()).location().rootPaths());
            if (paths.hasNext()) {
                quote(paths.next().toString(), separate(lists));
            }
        }
    }

    private void addExpression(Expression expression, StringBuilder lists) {
        separate(lists).append('[').append(position(expression)).append(']');
    }

    private void addExpressions(scala.collection.Seq sequence, StringBuilder lists) {
        StringBuilder list = new StringBuilder();
        for (Iterator members = items(sequence); members.hasNext(); ) {
            separate(list).append(position((Expression) members.next()));
        }
        separate(lists).append('[').append(list).append(']');
    }

    /** Returns the position of an expression among those of the node, -1 if it uses no column. */
    private int position(Expression expression) {
        Object known = positions.get(expression);
        if (known != null) {
            return ((Integer) known).intValue();
        }
        int position = add(describe(expression));
        positions.put(expression, Integer.valueOf(position));
        return position;
    }

    private int add(String described) {
        if (described == null) {
            return -1;
        }
        separate(expressions).append(described);
        return expressionCount++;
    }

    /**
     * Returns the description of an expression; null if it uses no column.
     *
     * <ul>
     *   <li>[id]: a column
     *   <li>["=", position]: the value of another expression
     *   <li>["T", positions…]: computed from other expressions
     *   <li>["N", positions…]: a struct of other expressions, or constants (-1)
     *   <li>["G", position, number]: a field of a struct, or of the structs of an array
     *   <li>["P", values, conditions, others]: one of some values, or elements of them; the others affect it
     *   <li>["M", position]: the first or last of some values in their order
     *   <li>["A", value, conditions…]: aggregated; -1 is a constant
     *   <li>["W", value, window]: a value in a window
     *   <li>["C", conditions, values]: one of several values
     *   <li>["S", plan]: the value of a subquery
     *   <li>["E", plan]: whether a subquery has rows
     * </ul>
     */
    private String describe(Expression expression) {
        if (expression instanceof AttributeReference) {
            return "[" + ((AttributeReference) expression).exprId().id() + "]";
        }
        if (expression instanceof OuterReference) {
            return "[\"=\"," + position((Expression) ((OuterReference) expression).e()) + "]";
        }
        if (expression instanceof Alias || isSame(expression)) {
            int value = position((Expression) expression.children().apply(0));
            return value < 0 ? null : "[\"=\"," + value + "]";
        }
        if (expression instanceof NamedLambdaVariable) {
            Object bound = variables.get(Long.valueOf(((NamedLambdaVariable) expression).exprId().id()));
            return bound == null || ((Integer) bound).intValue() < 0 ? null : "[\"=\"," + bound + "]";
        }
        if (expression instanceof CreateNamedStruct) {
            return describeStruct((CreateNamedStruct) expression);
        }
        if (expression instanceof GetStructField) {
            GetStructField field = (GetStructField) expression;
            return describeField(field.child(), field.ordinal());
        }
        if (expression instanceof GetArrayStructFields) {
            GetArrayStructFields field = (GetArrayStructFields) expression;
            return describeField(field.child(), field.ordinal());
        }
        if (expression instanceof HigherOrderFunction) {
            return describeHigherOrder((HigherOrderFunction) expression);
        }
        String name = expression.getClass().getSimpleName();
        if (CHOOSE_ANY.contains(name)) {
            return describePassing(list(expression.children()), new ArrayList(), new ArrayList());
        }
        if (CHOOSE_BY_ORDER.contains(name)) {
            int value = position((Expression) expression.children().apply(0));
            return value < 0 ? null : "[\"M\"," + value + "]";
        }
        if (name.equals("PivotFirst")) { // of a pivot: the column whose values become columns, and the value
            List children = list(expression.children());
            return describePassing(children.subList(1, 2), children.subList(0, 1), new ArrayList());
        }
        if (CHOOSE_FIRST.contains(name) || CHOOSE_BY_SECOND.contains(name)) {
            List children = list(expression.children());
            List others = children.subList(Math.min(1, children.size()), children.size());
            boolean decides = CHOOSE_BY_SECOND.contains(name);
            List first = children.subList(0, Math.min(1, children.size()));
            return describePassing(first, decides ? others : new ArrayList(), decides ? new ArrayList() : others);
        }
        if (expression instanceof CaseWhen || expression instanceof If) {
            return describeChoice(expression);
        }
        if (expression instanceof SubqueryExpression) {
            String rows = new PlanReader().describePlan((LogicalPlan) ((SubqueryExpression) expression).plan());
            return (expression instanceof ScalarSubquery ? "[\"S\"," : "[\"E\",") + rows + "]";
        }
        if (RANKS.contains(name)) {
            return null;
        }
        StringBuilder parts = new StringBuilder();
        if (expression instanceof AggregateExpression || expression instanceof WindowExpression) {
            boolean isUsed = false;
            for (Iterator children = items(expression.children()); children.hasNext(); ) {
                int position = position((Expression) children.next());
                isUsed = isUsed || position >= 0;
                separate(parts).append(position);
            }
            String letter = expression instanceof WindowExpression ? "W" : "A";
            return isUsed ? "[\"" + letter + "\"," + parts + "]" : null;
        }
        Set positions = new LinkedHashSet();
        addParts(expression, positions);
        for (Iterator each = positions.iterator(); each.hasNext(); ) {
            separate(parts).append(each.next());
        }
        return positions.isEmpty() ? null : "[\"T\"," + parts + "]";
    }

    private String describeStruct(CreateNamedStruct struct) {
        StringBuilder fields = new StringBuilder();
        boolean isUsed = false;
        Iterator children = items(struct.children());
        while (children.hasNext()) {
            children.next(); // the field's name
            int position = position((Expression) children.next());
            isUsed = isUsed || position >= 0;
            separate(fields).append(position);
        }
        return isUsed ? "[\"N\"," + fields + "]" : null;
    }

    private String describeField(Expression struct, int number) {
        int position = position(struct);
        return position < 0 ? null : "[\"G\"," + position + "," + number + "]";
    }

    private String describePassing(List values, List conditions, List others) {
        String passing = used(values);
        String deciding = used(conditions);
        String further = used(others);
        if (passing.length() + deciding.length() + further.length() == 0) {
            return null;
        }
        return "[\"P\",[" + passing + "],[" + deciding + "],[" + further + "]]";
    }

    /** Returns the positions of expressions, separated by commas, without constants. */
    private String used(List sequence) {
        StringBuilder found = new StringBuilder();
        for (Iterator each = sequence.iterator(); each.hasNext(); ) {
            int position = position((Expression) each.next());
            if (position >= 0) {
                separate(found).append(position);
            }
        }
        return found.toString();
    }

    /** Describes a function with lambdas, whose variables stand for the elements of its arguments. */
    private String describeHigherOrder(HigherOrderFunction expression) {
        String name = expression.getClass().getSimpleName();
        List arguments = list(expression.arguments());
        String all = used(arguments);
        int elements = arguments.size() == 1
                ? position((Expression) arguments.get(0))
                : add(all.length() == 0 ? null : "[\"T\"," + all + "]");
        List bodies = new ArrayList();
        for (Iterator functions = items(expression.functions()); functions.hasNext(); ) {
            LambdaFunction lambda = (LambdaFunction) functions.next();
            boolean isFirst = true;
            for (Iterator names = items(lambda.arguments()); names.hasNext(); isFirst = false) {
                boolean isIndex = !isFirst && (name.equals("ArrayTransform") || name.equals("ArrayFilter"));
                long id = ((NamedExpression) names.next()).exprId().id();
                variables.put(Long.valueOf(id), Integer.valueOf(isIndex ? -1 : elements));
            }
            bodies.add(lambda.function());
        }
        if (name.equals("ArrayTransform")) {
            return describePassing(bodies, arguments, new ArrayList());
        }
        if (name.equals("ArrayFilter")) {
            return describePassing(arguments, bodies, new ArrayList());
        }
        if (name.equals("ArraySort")) {
            return describePassing(arguments, new ArrayList(), new ArrayList());
        }
        List every = new ArrayList(arguments);
        every.addAll(bodies);
        String parts = used(every);
        return parts.length() == 0 ? null : "[\"T\"," + parts + "]";
    }

    private String describeChoice(Expression expression) {
        StringBuilder conditions = new StringBuilder();
        StringBuilder values = new StringBuilder();
        boolean isUsed = false;
        for (Iterator children = items(expression.children()); children.hasNext(); ) {
            int position = position((Expression) children.next());
            isUsed = isUsed || position >= 0;
            separate(children.hasNext() ? conditions : values).append(position);
            if (children.hasNext()) {
                position = position((Expression) children.next());
                isUsed = isUsed || position >= 0;
                separate(values).append(position);
            }
        }
        return isUsed ? "[\"C\",[" + conditions + "],[" + values + "]]" : null;
    }

    /** Adds the positions of what an expression is computed from, through all expressions of the same kind. */
    private void addParts(Expression expression, Set found) {
        for (Iterator children = items(expression.children()); children.hasNext(); ) {
            Expression child = (Expression) children.next();
            if (isPlain(child)) {
                addParts(child, found);
            } else {
                int position = position(child);
                if (position >= 0) {
                    found.add(Integer.valueOf(position));
                }
            }
        }
    }

    /** Returns whether an expression is a cast to the type that its value has already. */
    private static boolean isSame(Expression expression) {
        return expression instanceof Cast && ((Cast) expression).child().dataType().equals(expression.dataType());
    }

    private static boolean isPlain(Expression expression) {
        String name = expression.getClass().getSimpleName();
        return !(expression instanceof NamedExpression
                || name.equals("PivotFirst")
                || expression instanceof OuterReference
                || expression instanceof CaseWhen
                || expression instanceof If
                || expression instanceof CreateNamedStruct
                || expression instanceof GetStructField
                || expression instanceof GetArrayStructFields
                || expression instanceof HigherOrderFunction
                || expression instanceof SubqueryExpression
                || expression instanceof AggregateExpression
                || expression instanceof WindowExpression
                || RANKS.contains(name)
                || CHOOSE_ANY.contains(name)
                || CHOOSE_FIRST.contains(name)
                || CHOOSE_BY_SECOND.contains(name)
                || CHOOSE_BY_ORDER.contains(name));
    }

    private static Iterator items(scala.collection.Seq sequence) {
        return list(sequence).iterator();
    }

    private static List list(scala.collection.Seq sequence) {
        List found = new ArrayList(sequence.size());
        for (scala.collection.Iterator members = sequence.iterator(); members.hasNext(); ) {
            found.add(members.next());
        }
        return found;
    }

    private static StringBuilder separate(StringBuilder text) {
        return text.length() == 0 ? text : text.append(',');
    }

    private static StringBuilder quote(String value, StringBuilder text) {
        text.append('"');
        for (int position = 0; position < value.length(); position++) {
            char letter = value.charAt(position);
            if (letter == '"' || letter == '\\') {
                text.append('\\').append(letter);
            } else if (letter < ' ') {
                text.append("\\u00").append(letter < 16 ? "0" : "").append(Integer.toHexString(letter));
            } else {
                text.append(letter);
            }
        }
        return text.append('"');
    }
}
