import java.util.Arrays;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import org.apache.spark.Dependency;
import org.apache.spark.Partition;
import org.apache.spark.rdd.ParallelCollectionPartition;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.catalyst.expressions.CreateArray;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.Sequence;
import org.apache.spark.sql.catalyst.plans.logical.CTERelationRef;
import org.apache.spark.sql.catalyst.plans.logical.Expand;
import org.apache.spark.sql.catalyst.plans.logical.Generate;
import org.apache.spark.sql.catalyst.plans.logical.LocalRelation;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.OneRowRelation;
import org.apache.spark.sql.catalyst.plans.logical.Range;
import org.apache.spark.sql.execution.LogicalRDD;
import org.apache.spark.sql.execution.datasources.HadoopFsRelation;
import org.apache.spark.sql.execution.datasources.LogicalRelation;

/**
 * Estimates the rows that Spark reads for an analysed plan, and that it makes of them by ranges and arrays.
 *
 * <p>Rows of a dataset are an option of its reader, see tables.py. Spark's own statistics are sizes in bytes, and multiply
 * those of the sides of each join. Here joins and aggregates count as the sum of their inputs: what a join makes is not
 * known before it runs. Janino compiles this file, see `PlanReader.java`.
 */
public final class RowEstimate {
    /** Bytes of a pickled row, at least. */
    private static final double ROW = 4;

    /** Operators that call a Python function which may return any number of rows. */
    private static final Set UNKNOWN = new HashSet(Arrays.asList(new Object[] {
        "MapInPandas", "MapInArrow", "PythonMapInArrow", "BatchEvalPythonUDTF", "ArrowEvalPythonUDTF"
    }));

    private final Map known = new IdentityHashMap(); // node: its rows
    private double ranges = 1;

    /** Returns the rows, infinity if those of an input are unknown. Each range multiplies all rows. */
    public double of(LogicalPlan plan) {
        RowEstimate estimate = new RowEstimate();
        double rows = estimate.rows(plan);
        return rows * estimate.ranges;
    }

    private double rows(LogicalPlan node) {
        Object before = known.get(node);
        if (before != null) {
            return ((Double) before).doubleValue();
        }
        double rows = node.children().isEmpty() ? ofLeaf(node) : 0;
        for (scala.collection.Iterator inputs = node.children().iterator(); inputs.hasNext(); ) {
            rows += rows((LogicalPlan) inputs.next());
        }
        for (scala.collection.Iterator plans = node.subqueries().iterator(); plans.hasNext(); ) {
            rows += rows((LogicalPlan) plans.next());
        }
        if (node instanceof Generate) {
            rows *= elements((Expression) ((Generate) node).generator());
        } else if (node instanceof Expand) {
            rows *= ((Expand) node).projections().size();
        } else if (UNKNOWN.contains(node.getClass().getSimpleName())) {
            rows = Double.POSITIVE_INFINITY;
        }
        known.put(node, new Double(rows));
        return rows;
    }

    private double ofLeaf(LogicalPlan leaf) {
        if (leaf instanceof OneRowRelation) {
            return 1;
        } else if (leaf instanceof CTERelationRef) {
            return 0; // its definition is an input of the plan
        } else if (leaf instanceof Range) {
            ranges *= ((Range) leaf).numElements().doubleValue();
            return 1;
        } else if (leaf instanceof LocalRelation) {
            return ((LocalRelation) leaf).data().size();
        } else if (leaf instanceof LogicalRDD) {
            return ofCollection(((LogicalRDD) leaf).rdd());
        } else if (leaf instanceof LogicalRelation && ((LogicalRelation) leaf).relation() instanceof HadoopFsRelation) {
            scala.Option rows = ((HadoopFsRelation) ((LogicalRelation) leaf).relation()).options().get("datasetrows");
            return rows.isDefined() ? Double.parseDouble((String) rows.get()) : Double.POSITIVE_INFINITY;
        }
        return Double.POSITIVE_INFINITY;
    }

    /** Returns the rows that a Python program has passed to `createDataFrame`, in pickled batches; else infinity. */
    private static double ofCollection(RDD rdd) {
        RDD root = rdd;
        while (root.dependencies().size() == 1) {
            root = ((Dependency) root.dependencies().head()).rdd();
        }
        double bytes = 0;
        Partition[] partitions = root.dependencies().isEmpty() ? root.partitions() : new Partition[] {null};
        for (int number = 0; number < partitions.length; number++) {
            if (!(partitions[number] instanceof ParallelCollectionPartition)) {
                return Double.POSITIVE_INFINITY;
            }
            scala.collection.Iterator values = ((ParallelCollectionPartition) partitions[number]).values().iterator();
            while (values.hasNext()) {
                Object value = values.next();
                bytes += value instanceof byte[] ? ((byte[]) value).length : ROW;
            }
        }
        return bytes / ROW;
    }

    /** Returns the elements of the array of which a generator makes rows, if the plan shows them; else 1. */
    private static double elements(Expression generator) {
        if (generator.children().isEmpty()) {
            return 1;
        }
        Expression array = (Expression) generator.children().head();
        if (array instanceof Sequence && ((Sequence) array).start().foldable() && ((Sequence) array).stop().foldable()) {
            Object first = ((Sequence) array).start().eval(null);
            Object last = ((Sequence) array).stop().eval(null);
            if (first instanceof Number && last instanceof Number) {
                return 1 + Math.abs(((Number) last).doubleValue() - ((Number) first).doubleValue());
            }
        }
        return array instanceof CreateArray ? array.children().size() : 1;
    }
}
